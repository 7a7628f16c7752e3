"""What layers of Keras and modules of PyTorch share."""
