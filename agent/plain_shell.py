"""The user's namespace and the execution of one cell after another in it."""
import __future__

import ast
import builtins
import codeop
import inspect
import io
import linecache
import os
import sys
import tokenize
import types

import plain_history
import plain_magics
import plain_traceback

_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag
_HOME = os.path.dirname(os.path.abspath(__file__))


class Shell:
    """begin() says what is next, run() runs it and raises what the user's code raises, failure() tells about that."""

    def __init__(self, wire, screen):
        self.history, self.payload = plain_history.History(), []
        self._wire, self._screen, self._flags, self._files, self._loop = wire, screen, 0, 0, None
        self._titles = {}
        self.module = types.ModuleType("__main__")
        self.module.__builtins__ = builtins
        self.namespace = self.module.__dict__
        self.inputs, self.outputs = [""], {}
        self.namespace.update(In=self.inputs, Out=self.outputs, _="", __="", ___="")
        sys.modules["__main__"] = self.module
        sys.displayhook = self._show
        self._magics = plain_magics.Magics(self)
        builtins.__dict__.update(display=screen.display, update_display=screen.update_display,
                                 clear_output=screen.clear_output, **{plain_magics.CALL: self._magics.call})

    def begin(self, code, count, silent, store):
        """The next cell."""
        self._code, self._count, self._silent, self._store, self.payload = code, count, silent, store, []
        if store:
            self.history.add(count, code)
            self.inputs.extend([""] * (count + 1 - len(self.inputs)))
            self.inputs[count] = code

    def run(self):
        """The cell from begin(): its last expression is shown unless a semicolon ends it."""
        self._files += 1
        name = "<cell %d>" % self._files
        self._titles[name] = "Cell In[%d]" % self._count
        source = plain_magics.transform(self._code)
        # without a time, linecache.checkcache() leaves it alone; inspect.getsource() finds functions of a cell by it
        linecache.cache[name] = (len(self._code), None, self._code.splitlines(True), name)
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        try:
            if tree.body:
                self._execute(tree, name, "exec")
            if last is not None:
                value = self._execute(ast.Expression(last.value), name, "eval")
                if not _ends_with_semicolon(source):
                    self._show(value)
        finally:
            if not self._silent:
                self._screen.show_figures()

    def _execute(self, tree, name, mode):
        flags = self._flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(tree, name, mode, flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURE
        result = eval(code, self.namespace)
        return self._await(result) if code.co_flags & inspect.CO_COROUTINE else result

    def _await(self, coroutine):
        import asyncio  # 50 ms that most cells have no use for
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except KeyboardInterrupt:  # it may have hit the loop itself, which can have lost the task's next step by it
            if not task.done():
                task.cancel()
                self._loop.run_until_complete(asyncio.wait({task}, timeout=0.5))
            if not task.done():
                task._log_destroy_pending, self._loop = False, None
            raise

    def _show(self, value):
        """What sys.displayhook does."""
        if value is None or self._silent:
            return
        data, metadata = self._screen.bundle(value)
        if self._store and value is not self.outputs:
            names = self.namespace
            names.update({"___": names.get("__"), "__": names.get("_"), "_": value, "_%d" % self._count: value})
            self.outputs[self._count] = value
            self.history.result(self._count, data.get("text/plain", ""))
        if data:
            self._wire.publish("execute_result", {"execution_count": self._count, "data": data, "metadata": metadata})

    def evaluate(self, expressions):
        """The user_expressions of a request: each one's bundle or error."""
        values = {}
        for key, expression in expressions.items():
            try:
                data, metadata = self._screen.bundle(eval(expression, self.namespace))
                values[key] = {"status": "ok", "data": data, "metadata": metadata}
            except Exception as error:
                values[key] = dict(self.failure(error), status="error")
        return values

    def failure(self, error):
        """{ename, evalue, traceback} of what ended a cell."""
        try:
            return plain_traceback.describe(error, self._titles, _HOME)
        except Exception as other:  # an exception of the user's whose own methods fail
            name = type(error).__name__
            return {"ename": name, "evalue": "", "traceback": ["%s (which cannot be shown: %r)" % (name, other)]}

    def sync(self):
        """Everything printed so far is on its way before something else writes."""
        self._wire.sync()

    def page(self, text):
        """Something to read beside the notebook."""
        self.payload.append({"source": "page", "data": {"text/plain": text}, "start": 0})


def _ends_with_semicolon(source):
    last = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.OP:
            last = token.string
        elif token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER):
            last = ""
    return last == ";"


def is_complete(code):
    """The content of an is_complete_reply: would Enter run this, or does it ask for another line?"""
    lines = code.rstrip(" \t").split("\n")
    last = lines[-1] if lines[-1].strip() else (lines[-2] if len(lines) > 1 else "")
    deep = last[:len(last) - len(last.lstrip())]
    more = {"status": "incomplete", "indent": deep + "    " if last.rstrip().endswith(":") else deep}
    try:
        source = plain_magics.transform(code)
        if code.lstrip().startswith("%%"):
            return {"status": "complete"} if not lines[-1].strip() else more
        compiler = codeop.CommandCompiler()
        compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if compiler(source, "<input>", "exec") is None:
            return more
    except (SyntaxError, OverflowError, ValueError):
        return {"status": "invalid"}
    return more if deep and lines[-1].strip() else {"status": "complete"}


def leave_no_trace():
    """The user's code finds the modules of a Python started in its folder, not those of the agent."""
    sys.path[:] = [""] + [path for path in sys.path if path and os.path.abspath(path) != _HOME]
    sys.argv[:] = [""]
    for name in ("jupyter", "zmtp"):  # a package of that name may be installed; we keep what we hold
        sys.modules.pop(name, None)
