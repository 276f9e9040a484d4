"""What is seen of a network: feature maps while it trains, pictures for cards, what a cell depends on, samples."""
