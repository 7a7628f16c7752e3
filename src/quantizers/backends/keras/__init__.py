"""Keras: tensors of JAX, PyTorch and TensorFlow, as it runs on one of them."""
