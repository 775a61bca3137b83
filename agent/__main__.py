"""The agent's command line: `attach <sha256>`, `files <sha256>`, and what it starts itself: `daemon`, `kernel` and the like."""
import sys


def main(arguments):
    """Runs one command; the imports wait so that `attach`, which is on the path of every connection, starts fast."""
    command = arguments[0] if arguments else ""
    if command == "attach" and len(arguments) == 2:
        import attach
        return attach.main(arguments[1])
    if command == "daemon" and len(arguments) == 4:
        import daemon
        return daemon.main(arguments[1], arguments[2], int(arguments[3]))
    if command == "worker" and len(arguments) == 3:
        import worker
        return worker.main(arguments[1], arguments[2])
    if command == "run-notebook" and len(arguments) == 3:
        import run_notebook
        return run_notebook.main(arguments[1], arguments[2])
    if command == "sweep-files":
        import sweep_files
        return sweep_files.main()
    if command == "attach-worker" and len(arguments) == 2:
        import attach
        return attach.enter(arguments[1])
    if command == "addresses":
        import addresses
        return addresses.main(arguments[1:])
    if command == "kernelspecs":
        import kernelspecs
        return kernelspecs.main()
    if command == "survey" and len(arguments) == 2:
        import survey
        return survey.main(arguments[1])
    if command == "probe":
        import probe
        return probe.main()
    if command == "quick-start" and len(arguments) > 2:
        import quick_start
        return quick_start.main(arguments[1], arguments[2:])
    if command == "kernel" and len(arguments) == 2:
        import plain_kernel
        return plain_kernel.main(arguments[1])
    if command == "guest":
        import guest
        return guest.main(arguments[1:])
    if command == "files" and len(arguments) == 2:
        import files_worker
        return files_worker.main(arguments[1])
    sys.stderr.write("usage: agent.pyz attach <sha256>\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
