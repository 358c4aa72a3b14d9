/** The built-in rules by the names that guardrails call them by. */
import type { Predicate } from '../rule.ts';
import * as accounts from './accounts.ts';
import * as certificates from './certificates.ts';
import * as external from './external.ts';
import * as keys from './keys.ts';
import * as permissions from './permissions.ts';
import * as rootUser from './root-user.ts';
import * as secrets from './secrets.ts';
import * as users from './users.ts';

export const BUILT_INS: ReadonlyMap<string, Predicate> = new Map<string, Predicate>([
  ['root-mfa', rootUser.rootMfa],
  ['root-mfa-hardware', rootUser.rootMfaHardware],
  ['root-access-keys', rootUser.rootAccessKeys],
  ['root-unused', rootUser.rootUnused],
  ['password-policy', rootUser.passwordPolicy],
  ['access-key-age', users.accessKeyAge],
  ['credentials-used', users.credentialsUsed],
  ['one-access-key', users.oneAccessKey],
  ['user-mfa', users.userMfa],
  ['permissions-through-groups', users.permissionsThroughGroups],
  ['separation-of-duties', users.separationOfDuties],
  ['no-administrator-policy', permissions.noAdministratorPolicy],
  ['trust-inside-organization', permissions.trustInsideOrganization],
  ['incident-role', permissions.incidentRole],
  ['role-used', permissions.roleUsed],
  ['boundary-on-identity-managers', permissions.boundaryOnIdentityManagers],
  ['key-rotation', keys.keyRotation],
  ['key-deletion', keys.keyDeletion],
  ['key-inside-organization', keys.keyInsideOrganization],
  ['key-used', keys.keyUsed],
  ['alias-leads-somewhere', keys.aliasLeadsSomewhere],
  ['secret-rotation', secrets.secretRotation],
  ['secret-read', secrets.secretRead],
  ['secret-inside-organization', secrets.secretInsideOrganization],
  ['certificate-expiry', certificates.certificateExpiry],
  ['certificate-strength', certificates.certificateStrength],
  ['crl-fresh', certificates.crlFresh],
  ['authority-validity', certificates.authorityValidity],
  ['account-in-unit', accounts.accountInUnit],
  ['management-account-empty', accounts.managementAccountEmpty],
  ['security-contact', accounts.securityContact],
  ['mandatory-tags', accounts.mandatoryTags],
  ['ceiling-in-force', accounts.ceilingInForce],
  ['audit-on', accounts.auditOn],
  ['audit-retention', accounts.auditRetention],
  ['audit-export', accounts.auditExport],
  ['encrypted-with-our-key', external.encryptedWithOurKey],
  ['bucket-closed', external.bucketClosed],
  ['backup-fresh', external.backupFresh],
]);
