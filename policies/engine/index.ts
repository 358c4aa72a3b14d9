/**
 * The policy engine. Guarantees: deny wins, absence denies, errors deny; the answer depends only on the arguments (no
 * clock, no I/O, no state that can be observed); matching takes time bounded by the size of what is compared, whatever
 * a policy says. Refuses documents it does not fully understand. See README.md for the map of the folder.
 */
export { accountsLetIn } from './compile/accounts-let-in.ts';
export {
  bindPrincipals,
  type CompiledPolicy,
  type CompiledStatement,
  compilePolicy,
} from './compile/compile-policy.ts';
export { type AddedCondition, restrictPolicy } from './compile/restrict-policy.ts';
export { accessDeniedSentence } from './decide/access-denied.ts';
export { Distinctions } from './decide/distinctions.ts';
export { evaluate } from './decide/evaluate.ts';
export { explain } from './decide/explain.ts';
export type { Layers, Level } from './decide/layers.ts';
export { buildPolicySet, joinPolicySets, type PolicySet } from './lookup/policy-set.ts';
export { mentionsAction } from './match/statement-match.ts';
export type * from './model.ts';
export { canonicalAction } from './pattern/action-pattern.ts';
export { contextKeyNames } from './pattern/context-keys.ts';
export {
  bindPolicy,
  namedPrincipals,
  type PrincipalBindings,
  type ReadPolicy,
  readResourcePolicy,
} from './resource-policy.ts';
export type {
  ConditionElement,
  PatternElement,
  PolicyDocument,
  PrincipalElement,
  PrincipalName,
  Statement,
  Text,
} from './syntax/ast.ts';
export { PolicySyntaxError } from './syntax/findings.ts';
export type { ActionCatalogue, ActionEntry, ContextKeyEntry, ContextKeyType } from './validate/catalogue.ts';
export { awsStrict, defaultLimits, type PolicyLimits } from './validate/limits.ts';
export { type ValidationOptions, validatePolicy } from './validate/validate-policy.ts';
export { isAddressRange } from './values/ip-range.ts';
