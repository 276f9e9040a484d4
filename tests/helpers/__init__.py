"""What tests share: the checks that keep the suite silent and free of leaks."""
