/** The built-in rules by the names that guardrails call them by. */
import type { Item, Predicate } from '../rule.ts';
import * as accounts from './accounts.ts';
import * as certificates from './certificates.ts';
import * as external from './external.ts';
import * as keys from './keys.ts';
import * as permissions from './permissions.ts';
import * as rootUser from './root-user.ts';
import * as secrets from './secrets.ts';
import * as users from './users.ts';

export interface BuiltIn {
  readonly predicate: Predicate;
  /** ARNs of other items that the verdict rests on: when one of them changes, the item is judged again. */
  readonly relations?: (item: Item) => readonly string[];
}

const plain = (predicate: Predicate): BuiltIn => ({ predicate });
const withKey = (predicate: Predicate): BuiltIn => ({ predicate, relations: external.keyOf });

export const BUILT_INS: ReadonlyMap<string, BuiltIn> = new Map([
  ['root-mfa', plain(rootUser.rootMfa)],
  ['root-mfa-hardware', plain(rootUser.rootMfaHardware)],
  ['root-access-keys', plain(rootUser.rootAccessKeys)],
  ['root-unused', plain(rootUser.rootUnused)],
  ['password-policy', plain(rootUser.passwordPolicy)],
  ['access-key-age', plain(users.accessKeyAge)],
  ['credentials-used', plain(users.credentialsUsed)],
  ['one-access-key', plain(users.oneAccessKey)],
  ['user-mfa', plain(users.userMfa)],
  ['permissions-through-groups', plain(users.permissionsThroughGroups)],
  ['separation-of-duties', plain(users.separationOfDuties)],
  ['no-administrator-policy', plain(permissions.noAdministratorPolicy)],
  ['trust-inside-organization', plain(permissions.trustInsideOrganization)],
  ['incident-role', plain(permissions.incidentRole)],
  ['boundary-on-identity-managers', plain(permissions.boundaryOnIdentityManagers)],
  ['key-rotation', plain(keys.keyRotation)],
  ['key-deletion', plain(keys.keyDeletion)],
  ['key-inside-organization', plain(keys.keyInsideOrganization)],
  ['key-used', plain(keys.keyUsed)],
  ['alias-leads-somewhere', withKey(keys.aliasLeadsSomewhere)],
  ['secret-rotation', plain(secrets.secretRotation)],
  ['secret-read', plain(secrets.secretRead)],
  ['secret-inside-organization', plain(secrets.secretInsideOrganization)],
  ['certificate-expiry', plain(certificates.certificateExpiry)],
  ['certificate-strength', plain(certificates.certificateStrength)],
  ['crl-fresh', plain(certificates.crlFresh)],
  ['authority-validity', plain(certificates.authorityValidity)],
  ['account-in-unit', plain(accounts.accountInUnit)],
  ['management-account-empty', plain(accounts.managementAccountEmpty)],
  ['security-contact', plain(accounts.securityContact)],
  ['mandatory-tags', plain(accounts.mandatoryTags)],
  ['ceiling-in-force', plain(accounts.ceilingInForce)],
  ['audit-on', plain(accounts.auditOn)],
  ['audit-retention', plain(accounts.auditRetention)],
  ['audit-export', plain(accounts.auditExport)],
  ['encrypted-with-our-key', withKey(external.encryptedWithOurKey)],
  ['bucket-closed', withKey(external.bucketClosed)],
  ['backup-fresh', plain(external.backupFresh)],
]);
