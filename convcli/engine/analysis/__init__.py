"""Template matching, traces of single output pixels, local maxima and the convolution theorem."""
