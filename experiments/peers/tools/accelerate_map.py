"""accelerate's device map, balanced over the nodes' memory."""

from __future__ import annotations

from experiments.peers.split import Split, SplitError, split_at
from experiments.peers.tools.interface import Task, missing


class AccelerateMap:
    """First fit of modules on devices in order, by parameter bytes, as `device_map="balanced"`.

    `get_balanced_memory` evens out how much each device may take, then `infer_auto_device_map`
    fills them. Both are told every node's cap as a device's memory, and not to split blocks that
    read their input twice.

    Limits: parameters and buffers only, no activations, process or runtime; devices in the order
    of the list, of unknown speed; on one machine it runs the parts by hooks, not as stages. What
    fits on no device goes to disk, which is no node here. A function of the model's own forward
    runs where its input is.

    Source: https://huggingface.co/docs/accelerate/concept_guides/big_model_inference.
    """

    name = "accelerate"
    note = "parameter bytes, caps"
    package = "accelerate"

    def skip_reason(self) -> str | None:
        """Whether accelerate is there."""
        return missing(self.package)

    def propose(self, task: Task) -> Split:
        """The parts of the device map."""
        from accelerate import infer_auto_device_map
        from accelerate.utils import get_balanced_memory

        whole = sorted(task.whole)
        room = get_balanced_memory(
            task.module, dict(enumerate(task.cap_bytes)), no_split_module_classes=whole
        )
        devices = infer_auto_device_map(task.module, room, no_split_module_classes=whole)
        left = [path for path, device in devices.items() if not isinstance(device, int)]
        if left:
            raise SplitError(f"accelerate finds room for all but {', '.join(left)}")
        return split_at(task.graph, devices.items())
