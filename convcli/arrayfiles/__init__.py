"""Arrays in files: .npy, .npz, .csv, .tsv, .json and .safetensors."""
