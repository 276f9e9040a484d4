"""How the network does on parts it does not learn from: metrics, confusion matrix, classes, precision-recall curves."""
