"""What a convolution does, made visible: match scores, single pixels traced, the convolution theorem."""
