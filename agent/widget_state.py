"""The last state of widgets, as `metadata.widgets` of a notebook holds it (ipywidgets' schema, version 2.0), so that a reader
without the kernel sees them."""
import base64

MIME = "application/vnd.jupyter.widget-state+json"
TARGET = "jupyter.widget"


class WidgetState:
    """Follows the comm messages of a kernel."""

    def __init__(self):
        self._models, self._buffers = {}, {}

    def hear(self, kind, content, buffers):
        """A comm message with its buffers."""
        identity, data = content.get("comm_id"), content.get("data")
        if not isinstance(identity, str) or not isinstance(data, dict):
            return
        if kind == "comm_open" and content.get("target_name") == TARGET:
            self._models[identity], self._buffers[identity] = {}, {}
        elif kind == "comm_close" or identity not in self._models:
            return  # a closed one is still shown, as it was
        if not isinstance(data.get("state"), dict):
            return
        self._models[identity].update(data["state"])
        paths = data.get("buffer_paths")
        for path, buffer in zip(paths if isinstance(paths, list) else (), buffers):
            self._buffers[identity][str(path)] = {
                "encoding": "base64", "path": path, "data": base64.b64encode(buffer).decode("ascii")}

    def settle(self, notebook):
        """Puts it into the notebook, where there are any."""
        if not self._models:
            return
        state = {}
        for identity, model in self._models.items():
            state[identity] = {"model_name": model.get("_model_name"), "model_module": model.get("_model_module"),
                               "model_module_version": model.get("_model_module_version"), "state": model}
            if self._buffers[identity]:
                state[identity]["buffers"] = list(self._buffers[identity].values())
        notebook["metadata"]["widgets"] = {MIME: {"version_major": 2, "version_minor": 0, "state": state}}
