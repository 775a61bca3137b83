import type { FormAnswer } from '../form-answer.ts';

/** What one of the forms of the account page says, and which. */
export interface AccountAnswer extends FormAnswer {
	at: 'name' | 'password' | 'notices' | 'token' | 'revoke';
	done?: boolean;
	/** A token just made: the only time it is shown. */
	token?: string;
	label?: string;
}
