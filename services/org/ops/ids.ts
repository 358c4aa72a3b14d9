/** New ids, in the forms of AWS Organizations: lower-case letters and digits. */
import type { OrgDeps } from '../deps.ts';

function random(deps: OrgDeps, length: number): string {
  return deps.ids.unique('', length).toLowerCase();
}

export const newOrganizationId = (deps: OrgDeps) => `o-${random(deps, 10)}`;
export const newRootId = (deps: OrgDeps) => `r-${random(deps, 4)}`;
/** Units carry the suffix of their root. */
export const newUnitId = (deps: OrgDeps, rootId: string) => `ou-${rootId.slice(2)}-${random(deps, 8)}`;
/** Ten, not eight: the ARN pattern of AWS asks for them. */
export const newPolicyId = (deps: OrgDeps) => `p-${random(deps, 10)}`;
export const newHandshakeId = (deps: OrgDeps) => `h-${random(deps, 10)}`;
export const newRequestId = (deps: OrgDeps) => `car-${random(deps, 16)}`;
export const newResourcePolicyId = (deps: OrgDeps) => `rp-${random(deps, 8)}`;
