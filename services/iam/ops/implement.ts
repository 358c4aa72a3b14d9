import { implementFor } from '../../../platform/runtime/call.ts';
import type { IamDeps } from '../deps.ts';

/** Binds a handler of this service to its declaration. */
export const implement = implementFor<IamDeps>();
