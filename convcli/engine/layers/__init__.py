"""Multi-channel convolution layers and activations, as PyTorch defines them."""
