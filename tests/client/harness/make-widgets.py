"""Writes widgets.json: states of typical widgets as ipywidgets and anywidget send them. Format it with prettier."""

import base64
import io
import json
import pathlib

import anywidget
import ipywidgets as w
import traitlets
from ipywidgets.widgets.widget import _instances, _remove_buffers
from PIL import Image, ImageDraw
from tqdm.notebook import tqdm


class Counter(anywidget.AnyWidget):
    _esm = """
    export default {
      initialize({ model }) { model.on("msg:custom", (content) => { model.set("heard", content.say); }); },
      render({ model, el }) {
        const button = document.createElement("button");
        const show = () => { button.textContent = `count is ${model.get("value")} ${model.get("heard")}`; };
        model.on("change:heard", show);
        button.addEventListener("click", () => {
          model.set("value", model.get("value") + 1);
          model.save_changes();
          model.send({ clicked: model.get("value") });
        });
        model.on("change:value", show);
        show();
        el.append(button);
        return () => button.remove();
      }
    };"""
    _css = ".counter button { padding: 4px 12px }"
    value = traitlets.Int(0).tag(sync=True)
    heard = traitlets.Unicode("").tag(sync=True)


class Refused(anywidget.AnyWidget):
    _esm = "import x from 'https://esm.sh/left-pad@1.3.0'; export default { render() {} };"


class Foreign(w.DOMWidget):
    _model_name = traitlets.Unicode("LeafletMapModel").tag(sync=True)
    _model_module = traitlets.Unicode("jupyter-leaflet").tag(sync=True)
    _model_module_version = traitlets.Unicode("^0.20").tag(sync=True)
    _view_name = traitlets.Unicode("LeafletMapView").tag(sync=True)
    _view_module = traitlets.Unicode("jupyter-leaflet").tag(sync=True)
    _view_module_version = traitlets.Unicode("^0.20").tag(sync=True)


def picture():
    image = Image.new("RGB", (320, 90), "white")
    draw = ImageDraw.Draw(image)
    for x in range(0, 320, 8):
        draw.rectangle([x, 90 - (x * 7) % 80, x + 5, 90], fill="#4C72B0")
    data = io.BytesIO()
    image.save(data, "png")
    return data.getvalue()


png = picture()
slider = w.IntSlider(value=3, description="bins", min=0, max=20)
twin = w.IntSlider(value=3, description="linked", min=0, max=20)
link = w.jslink((slider, "value"), (twin, "value"))
out = w.Output()
out.outputs = (
    {"output_type": "stream", "name": "stdout", "text": "chi2 = 41.2\n\u001b[31mred\u001b[0m\n"},
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<table><tr><th>mass</th></tr><tr><td>91.2</td></tr></table>", "text/plain": "t"}},
    {"output_type": "display_data", "metadata": {}, "data": {"image/png": base64.b64encode(png).decode(), "text/plain": "<Figure>"}},
    {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\u001b[31mValueError\u001b[0m: no"]},
)
bar = tqdm(total=10, desc="events", display=False)
bar.container.children[1].value = 4
bar.container.children[0].value = "events:  40%"
bar.container.children[2].value = " 4/10 [00:02&lt;00:03,  2.00it/s]"

cells = {
    "slider": slider,
    "twin": twin,
    "floats": w.FloatRangeSlider(value=[2.5, 7.5], min=0, max=10, step=0.1, description="$m_Z$ range"),
    "choose": w.Dropdown(options=["muon", "electron", "tau"], value="muon", description="lepton"),
    "text": w.Text(value="hello", description="name", placeholder="say something"),
    "check": w.Checkbox(value=True, description="apply cuts"),
    "buttons": w.HBox([
        w.Button(description="Plain"),
        w.Button(description="Fit", icon="check", button_style="primary"),
        w.Button(description="Clear", icon="trash", button_style="danger"),
        w.Button(description="Off", disabled=True),
        w.ToggleButton(value=True, description="Log", icon="bar-chart"),
    ]),
    "tabs": w.Tab([w.IntText(value=4, description="n"), w.Textarea(value="two\nlines", description="notes")], titles=("Numbers", "Words")),
    "fold": w.Accordion([w.FloatText(value=1.5), w.Label("inside")], titles=("First", "Second"), selected_index=0),
    "progress": w.VBox([w.FloatProgress(value=4, max=10, description="load"), w.IntProgress(value=8, max=10, bar_style="success", description="ok")]),
    "tqdm": bar.container,
    "image": w.Image(value=png, format="png", width=320, height=90),
    "interact": w.VBox([w.IntSlider(value=2, description="x"), out]),
    "radio": w.VBox([w.RadioButtons(options=["a", "b"], description="one"), w.SelectMultiple(options=["p", "q", "r"], value=["q"], description="some"), w.DatePicker(description="day"), w.ColorPicker(value="#2740c8", description="ink"), w.Play(max=10), w.Valid(value=True), w.BoundedFloatText(value=2.5, max=10, description="b"), w.Combobox(options=["x"], placeholder="any"), w.TagsInput(value=["one", "two"]), w.FileUpload(), w.HTMLMath(r"$\frac{a}{b}$ and <b>bold</b>"), w.ToggleButtons(options=["slow", "fast"], description="pace")]),
    "counter": Counter(),
    "refused": Refused(),
    "foreign": Foreign(),
}
widgets = {}
for widget in _instances.values():
    state, paths, buffers = _remove_buffers(widget.get_state())
    widgets[widget.model_id] = {
        "state": state,
        "buffers": [[path, base64.b64encode(bytes(data)).decode()] for path, data in zip(paths, buffers)],
    }
names = {name: widget.model_id for name, widget in cells.items()}
rename = {model: name for name, model in names.items()}
for count, model in enumerate(sorted(set(widgets) - set(rename), key=lambda m: json.dumps(widgets[m], sort_keys=True))):
    rename[model] = "part-%d" % count
text = json.dumps({"cells": list(cells), "widgets": widgets}, indent="\t", sort_keys=True)
for old, new in rename.items():
    text = text.replace(old, new)
pathlib.Path(__file__).with_name("widgets.json").write_text(text + "\n")
