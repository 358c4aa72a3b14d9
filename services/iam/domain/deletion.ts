/** What has to go before a user, group or role may be deleted, in the order AWS names it. */
export interface Holdings {
  attachedPolicies: readonly string[];
  inlinePolicies: readonly string[];
  /** `project: policy`. */
  projectGrants?: readonly string[];
  accessKeys?: readonly string[];
  mfaDevices?: readonly string[];
  groups?: readonly string[];
  users?: readonly string[];
}

/** Undefined: nothing is in the way. */
export function deletionConflict(held: Holdings): { message: string; hint: string } | undefined {
  const found: [sentence: string, what: string, names: readonly string[]][] = [
    ['must detach all policies first.', 'attached policies', held.attachedPolicies],
    ['must delete policies first.', 'inline policies', held.inlinePolicies],
    ['must detach all policies in enterprise projects first.', 'policies in projects', held.projectGrants ?? []],
    ['must delete access keys first.', 'access keys', held.accessKeys ?? []],
    ['must delete MFA device first.', 'MFA devices', held.mfaDevices ?? []],
    ['must remove users from group first.', 'users', held.users ?? []],
    ['must remove user from all groups first.', 'groups', held.groups ?? []],
  ];
  const present = found.filter(([, , names]) => names.length > 0);
  const first = present[0];
  if (!first) return undefined;
  return {
    message: `Cannot delete entity, ${first[0]}`,
    hint: `still there: ${present.map(([, what, names]) => `${what} ${names.slice(0, 10).join(', ')}`).join('; ')}`,
  };
}
