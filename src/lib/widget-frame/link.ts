/**
 * Links (`jslink`, `jsdlink`). Every viewer has them, so a change that came from elsewhere is followed here for the eye
 * alone: if each viewer sent what follows from it, slow ones would put back what others have moved on from. Only the
 * frame in which a person moved something sends both ends.
 */
import { WidgetModel } from '@jupyter-widgets/base';
import { DirectionalLinkModel, LinkModel } from '@jupyter-widgets/controls';

let foreign = 0;
let quiet = 0;

/** Whether what models say now follows from what came from elsewhere, and must not be sent. */
export function following(): boolean {
	return quiet > 0;
}

const setState = WidgetModel.prototype.set_state;
WidgetModel.prototype.set_state = function (state) {
	foreign++;
	try {
		setState.call(this, state);
	} finally {
		foreign--;
	}
};

function quietly(act: () => void): void {
	quiet++;
	try {
		act();
	} finally {
		quiet--;
	}
}

class FrameDirectionalLink extends DirectionalLinkModel {
	override initialize(...args: Parameters<DirectionalLinkModel['initialize']>): void {
		quietly(() => super.initialize(...args));
	}
	override updateValue(...args: Parameters<DirectionalLinkModel['updateValue']>): void {
		if (foreign > 0) quietly(() => super.updateValue(...args));
		else super.updateValue(...args);
	}
}

class FrameLink extends LinkModel {
	override initialize(...args: Parameters<LinkModel['initialize']>): void {
		quietly(() => super.initialize(...args));
	}
	override updateValue(...args: Parameters<LinkModel['updateValue']>): void {
		if (foreign > 0) quietly(() => super.updateValue(...args));
		else super.updateValue(...args);
	}
}

export const linkClasses = { DirectionalLinkModel: FrameDirectionalLink, LinkModel: FrameLink };
