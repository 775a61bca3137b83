import { toast } from 'svelte-sonner';
import type { Problem } from '#lib/model/problem.ts';

/** Say what did not work: what happened on top, why and what to do below. */
export function notifyProblem(problem: Problem, action?: { label: string; onClick: () => void }): void {
	toast.error(problem.title, {
		id: problem.code,
		description: [problem.detail, problem.remedy].filter(Boolean).join(' '),
		duration: 12_000,
		...(action ? { action } : {})
	});
}

export function notify(text: string): void {
	toast(text, { duration: 3000 });
}
