"""From inputs to outputs: batches, names, feature maps, results, messages."""
