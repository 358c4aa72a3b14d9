import { implementFor } from '../../../platform/runtime/call.ts';
import type { OrgDeps } from '../deps.ts';

/** Binds a handler of this service to its declaration. */
export const implement = implementFor<OrgDeps>();
