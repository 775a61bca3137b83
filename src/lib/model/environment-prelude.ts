/**
 * How a program is started in an environment: a login shell, the lines that set it up, and `exec`, so that the program
 * takes the shell's place and is who signals go to.
 *
 * A login shell, because `module` and `conda` often exist only there. The lines are seen by whoever lists the machine's
 * processes while they run.
 */
import type { EnvironmentFields } from './environment.ts';

/** Exit statuses of lines of ours that could not do their work; 126 and above are the shell's own. */
const TROUBLE = 72;

/** A text as one word of sh. */
export function shellWord(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as one word of sh, in which `~` and `~user` at the beginning mean home folders. */
export function shellPath(path: string): string {
	const home = /^~([a-zA-Z_][a-zA-Z0-9_.-]*)?(?=\/|$)/.exec(path);
	if (!home) return shellWord(path);
	const rest = path.slice(home[0].length);
	return (home[1] ? home[0] : '"$HOME"') + (rest === '' ? '' : shellWord(rest));
}

/**
 * The argv that runs `argv` in an environment. `{connection_file}` in it is replaced by the agent, as in `argv` itself;
 * with an `argv` of no words it is a prefix for any.
 */
export function startedIn(setup: EnvironmentFields, argv: readonly string[]): string[] {
	return [
		'/bin/sh',
		'-c',
		'b=/bin/bash; [ -x "$b" ] || b=/bin/sh; s=$1; shift; exec "$b" -l -c "$s" ansatz "$PWD" "$@"',
		'ansatz',
		script(setup),
		'{connection_file}',
		...argv
	];
}

/** What the login shell runs: `$1` the folder to be in (login scripts may leave it), `$2` the connection file, the program. */
function script(setup: EnvironmentFields): string {
	const lines = ['cd "$1"; ansatz_file=$2; shift 2', ...modules(setup.modules ?? [])];
	if (setup.kind === 'venv') lines.push(...venv(setup.folder ?? ''));
	if (setup.kind === 'conda') lines.push(...conda(setup.folder ?? ''));
	if (setup.kind === 'container') return [...lines, ...container(setup)].join('\n');
	return [...lines, ...setup.lines, DEVICES, 'exec "$@"'].join('\n');
}

/** In a batch job the scheduler's word on GPUs counts, whatever a set-up says: see ANSATZ_DEVICES in agent/worker.py. */
const DEVICES = '[ -z "${ANSATZ_DEVICES-}" ] || export $ANSATZ_DEVICES';

const fail = (words: string): string => `{ echo ${words} >&2; exit ${TROUBLE}; }`;

function venv(folder: string): string[] {
	return [
		`ansatz_folder=${shellPath(folder)}`,
		'if [ -r "$ansatz_folder/bin/activate" ]; then . "$ansatz_folder/bin/activate"; ' +
			`else ${fail('"There is no virtual environment in $ansatz_folder."')}; fi`,
		// one that was moved activates the place it came from
		'case ":$PATH:" in *":$ansatz_folder/bin:"*) ;; ' +
			'*) export VIRTUAL_ENV="$ansatz_folder" PATH="$ansatz_folder/bin:$PATH";; esac'
	];
}

/** By conda or micromamba where one is found, else as these do it: the folder's programs first, its scripts read. */
function conda(environment: string): string[] {
	const isPath = /^[/~]/.test(environment);
	return [
		`ansatz_env=${isPath ? shellPath(environment) : shellWord(environment)}`,
		'for ansatz_conda in "$CONDA_EXE" "$(command -v conda)" "$HOME/miniforge3/bin/conda" "$HOME/mambaforge/bin/conda" ' +
			'"$HOME/miniconda3/bin/conda" "$HOME/anaconda3/bin/conda" /opt/conda/bin/conda /opt/miniforge3/bin/conda; do ' +
			'[ -x "$ansatz_conda" ] && break; ansatz_conda=; done',
		'for ansatz_mamba in "$MAMBA_EXE" "$(command -v micromamba)" "$HOME/.local/bin/micromamba" "$HOME/bin/micromamba"; do ' +
			'[ -x "$ansatz_mamba" ] && break; ansatz_mamba=; done',
		'if [ -n "$ansatz_conda" ]; then eval "$("$ansatz_conda" shell.posix hook)" && conda activate "$ansatz_env"',
		'elif [ -n "$ansatz_mamba" ]; then eval "$("$ansatz_mamba" shell hook --shell posix)" && micromamba activate "$ansatz_env"',
		'elif [ -d "$ansatz_env/conda-meta" ]; then',
		'  export CONDA_PREFIX="$ansatz_env" CONDA_DEFAULT_ENV="$ansatz_env" PATH="$ansatz_env/bin:$PATH"',
		'  for ansatz_script in "$ansatz_env"/etc/conda/activate.d/*.sh; do ' +
			'if [ -r "$ansatz_script" ]; then . "$ansatz_script"; fi; done',
		`else ${fail('"Neither conda nor micromamba was found, and $ansatz_env is no folder of an environment."')}`,
		`fi || ${fail('"The conda environment $ansatz_env cannot be activated."')}`
	];
}

const MODULE_FILES =
	'/etc/profile.d/modules.sh /etc/profile.d/lmod.sh /usr/share/modules/init/sh /usr/share/lmod/lmod/init/sh';

function modules(names: readonly string[]): string[] {
	if (names.length === 0) return [];
	return [
		`command -v module >/dev/null 2>&1 || for ansatz_script in ${MODULE_FILES} "$MODULESHOME/init/sh"; do ` +
			'if [ -r "$ansatz_script" ]; then . "$ansatz_script"; break; fi; done',
		`command -v module >/dev/null 2>&1 || ${fail('"There is no module command on this machine."')}`,
		...names.map((name) => {
			const folder = /^use\s+(.+)$/.exec(name)?.[1];
			const words = folder === undefined ? `load ${shellWord(name)}` : `use ${shellPath(folder)}`;
			return `module ${words} || ${fail(shellWord(`module ${name} did not work.`))}`;
		})
	];
}

/**
 * Through Apptainer, or Singularity, its former name. Bound are the folder of the connection file, where the kernel's
 * sockets are, and /tmp, where short names lead to it; the GPUs' libraries where the machine has GPUs.
 */
function container(setup: EnvironmentFields): string[] {
	const binds = (setup.binds ?? []).map((path) => `--bind ${shellPath(path)} `).join('');
	const image = /^[a-z]+:\/\//.test(setup.image ?? '')
		? shellWord(setup.image ?? '')
		: shellPath(setup.image ?? '');
	return [
		`ansatz_run=$(command -v apptainer || command -v singularity) || ${fail('"There is neither apptainer nor singularity on this machine."')}`,
		'ansatz_gpu=; command -v nvidia-smi >/dev/null 2>&1 && ansatz_gpu=--nv',
		'ansatz_folder=; case $ansatz_file in /*) ansatz_folder=${ansatz_file%/*};; esac',
		`exec "$ansatz_run" exec $ansatz_gpu \${ansatz_folder:+--bind "$ansatz_folder"} --bind /tmp ${binds}` +
			`${image} /bin/sh -c ${shellWord([...setup.lines, DEVICES, 'exec "$@"'].join('\n'))} ansatz "$@"`
	];
}
