"""What the window and the worker say to each other: message types, frames, and the state they fold into."""
