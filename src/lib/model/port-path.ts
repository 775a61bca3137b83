/** The page of ours that lets the owner of a workspace in to a web service there, or on the node of a kernel's job. */
export function portPath(place: { workspace: string; kernel: string | null; port: number }): string {
	const { workspace, kernel, port } = place;
	return `/workspaces/${workspace}${kernel === null ? '' : `/kernels/${kernel}`}/ports/${port}`;
}
