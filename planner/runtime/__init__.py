"""Runtime: executes one stage file on a node. For ONNX stages it needs numpy and onnxruntime."""
