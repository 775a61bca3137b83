import * as v from 'valibot';
import { ROLES } from '#lib/model/role.ts';

/** A role as a call names it. */
export const role = v.picklist(ROLES, `must be one of ${ROLES.join(', ')}`);
