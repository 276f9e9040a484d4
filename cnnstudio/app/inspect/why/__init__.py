"""Why a prediction: the methods that explain one."""
