/** One observer for all cells: tells an element when it comes near the window and when it is far again. */
const callbacks = new WeakMap<Element, (near: boolean) => void>();
let observer: IntersectionObserver | undefined;

export function whenNear(element: Element, callback: (near: boolean) => void): () => void {
	const margin = { rootMargin: '1200px 0px', scrollMargin: '1200px 0px' };
	observer ??= new IntersectionObserver((entries) => {
		for (const entry of entries) callbacks.get(entry.target)?.(entry.isIntersecting);
	}, margin);
	callbacks.set(element, callback);
	observer.observe(element);
	return () => {
		callbacks.delete(element);
		observer?.unobserve(element);
	};
}
