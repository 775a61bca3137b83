/**
 * How different two pictures are to somebody who looks at them. Both are made small, so that another resolution, another
 * font or a shifted point count little, and compared by where there is ink: what is not of the colour of the ground.
 */

/** Four bytes a point: red, green, blue, alpha. */
export interface Raster {
	width: number;
	height: number;
	data: Uint8Array;
}

/**
 * Above this they are two pictures. A figure that another version of matplotlib has drawn, at another resolution, or with
 * other noise of the same size stays below it; another curve on the same axes, or a peak that is gone, comes above.
 */
export const PICTURE_THRESHOLD = 0.35;

const GRID = 32;
const WINDOW = 8;
const STEP = 4;
/** Ink of a window that holds next to nothing counts as this much: a lost dot is no lost curve. */
const LEAST_INK = 0.9;
/** Shapes that differ by more are shapes of other figures. */
const MOST_STRETCH = 1.25;

/** 0: the same. 1: nothing in common. */
export function pictureDifference(before: Raster, after: Raster): number {
	const stretch = before.width / before.height / (after.width / after.height);
	if (stretch > MOST_STRETCH || stretch < 1 / MOST_STRETCH) return 1;
	const [old, now] = [inkOf(before), inkOf(after)];
	let worst = 0;
	for (let top = 0; top + WINDOW <= GRID; top += STEP)
		for (let left = 0; left + WINDOW <= GRID; left += STEP) {
			let [apart, most] = [0, 0];
			for (let y = top; y < top + WINDOW; y++)
				for (let x = left; x < left + WINDOW; x++) {
					const [a, b] = [old[y * GRID + x]!, now[y * GRID + x]!];
					apart += Math.abs(a - b);
					most += Math.max(a, b);
				}
			worst = Math.max(worst, apart / Math.max(most, LEAST_INK));
		}
	return Math.min(1, worst);
}

/** How far each block is from the ground, 0…1, smoothed over its neighbours. */
function inkOf(raster: Raster): Float64Array {
	const light = blocks(raster);
	const ground = [...light].sort((a, b) => a - b)[Math.floor(light.length / 2)]!;
	return smooth(light.map((value) => Math.abs(value - ground)));
}

/** Mean luminance (ITU-R BT.709) of the blocks of a grid laid over a picture on white paper, 0…1. */
function blocks({ width, height, data }: Raster): Float64Array {
	const [sums, counts] = [new Float64Array(GRID * GRID), new Float64Array(GRID * GRID)];
	for (let y = 0; y < height; y++) {
		const row = Math.floor((y * GRID) / height) * GRID;
		for (let x = 0; x < width; x++) {
			const at = 4 * (y * width + x);
			const light = 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
			const alpha = data[at + 3]! / 255;
			const block = row + Math.floor((x * GRID) / width);
			sums[block]! += (light / 255) * alpha + (1 - alpha);
			counts[block]! += 1;
		}
	}
	// a picture of fewer points than blocks leaves some empty: they are as their neighbour
	let last = 1;
	return sums.map((sum, at) => (last = counts[at] === 0 ? last : sum / counts[at]!));
}

/** Each block with half of what is beside it. */
function smooth(values: Float64Array): Float64Array {
	const weights = [0.25, 0.5, 0.25];
	const at = (y: number, x: number): number =>
		values[Math.min(GRID - 1, Math.max(0, y)) * GRID + Math.min(GRID - 1, Math.max(0, x))]!;
	return values.map((_, place) => {
		const [y, x] = [Math.floor(place / GRID), place % GRID];
		let sum = 0;
		for (let dy = -1; dy <= 1; dy++)
			for (let dx = -1; dx <= 1; dx++) sum += weights[dy + 1]! * weights[dx + 1]! * at(y + dy, x + dx);
		return sum;
	});
}
