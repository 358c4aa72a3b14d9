/** Every handler of this service. */
import { answerAcmeRequest } from './acme/answer.ts';
import {
  createAcmeExternalAccountKey,
  listAcmeExternalAccountKeys,
  revokeAcmeExternalAccountKey,
} from './acme/binding-keys.ts';
import {
  createAcmeDirectory,
  deleteAcmeDirectory,
  describeAcmeDirectory,
  listAcmeDirectories,
  updateAcmeDirectory,
} from './acme/directories.ts';
import { deactivateAcmeAccount, describeAcmeAccount, listAcmeAccounts, listAcmeOrders } from './acme/read-accounts.ts';
import { blockKey, listBlockedKeysOfAccount, unblockKey } from './blocked-keys.ts';
import {
  deleteCertificateAuthority,
  importCertificateAuthorityCertificate,
  listTags,
  restoreCertificateAuthority,
  tagCertificateAuthority,
  untagCertificateAuthority,
  updateCertificateAuthority,
} from './change-authorities.ts';
import { describeConfigurations, listConfigurations } from './configurations.ts';
import { createCertificateAuthority } from './create-authority.ts';
import { describeRenewal } from './describe-renewal.ts';
import { getCertificate } from './issuing/get-certificate.ts';
import { issueCertificate } from './issuing/issue-certificate.ts';
import { previewCertificate } from './issuing/preview-certificate.ts';
import { deleteCertificateKey, exportPrivateKey } from './keys/export.ts';
import { issueCertificateWithKey } from './keys/issue-with-key.ts';
import { answerOcspRequest } from './ocsp/answer-ocsp-request.ts';
import {
  createOutsideAuthority,
  deleteOutsideAuthorityOfAccount,
  describeOutsideAuthority,
  listOutsideAuthoritiesOfAccount,
  updateOutsideAuthority,
} from './outside/authorities.ts';
import {
  describeOutsideCertificate,
  listOutsideCertificatesOfAuthority,
  renewOutsideCertificate,
  revokeOutsideCertificate,
} from './outside/certificates.ts';
import {
  cancelOutsideOrder,
  describeOutsideOrder,
  listOutsideOrdersOfAuthority,
  requestOutsideCertificate,
} from './outside/orders.ts';
import { getOutsideProof } from './outside/proofs.ts';
import { describeResourceFacts, listResourcesInProject, moveResource, previewMoveResource } from './projects.ts';
import {
  describeCertificateAuthority,
  getCertificateAuthorityCertificate,
  getCertificateAuthorityCsr,
  listCertificateAuthorities,
} from './read-authorities.ts';
import { createAuditReport, describeAuditReport, getAuditReport } from './reports/audit-reports.ts';
import { getAuthorityFile, getRevocationListFile } from './revocation/files.ts';
import { getRevocationStatus, listRevocationLists, previewRevocation } from './revocation/read-revocations.ts';
import {
  holdCertificate,
  releaseCertificateHold,
  reportKeyCompromise,
  revokeCertificate,
} from './revocation/revocations.ts';
import {
  deleteCertificate,
  markCertificateRevoked,
  restoreCertificate,
  tagCertificate,
  untagCertificate,
  updateCertificate,
} from './scm/change-certificates.ts';
import { describeCertificate, downloadCertificate, listCertificateVersions } from './scm/read-certificates.ts';
import { reissueCertificate } from './scm/reissue-certificate.ts';
import { uploadCertificate, uploadCertificateVersion } from './scm/upload.ts';
import { listCertificates } from './search/list-certificates.ts';
import { createPermission, deletePermissionOfAuthority, listPermissionsOfAuthority } from './sharing/permissions.ts';
import { deletePolicy, getPolicy, putPolicy } from './sharing/policies.ts';

export const pcaHandlers = [
  createAcmeDirectory,
  describeAcmeDirectory,
  listAcmeDirectories,
  updateAcmeDirectory,
  deleteAcmeDirectory,
  createAcmeExternalAccountKey,
  listAcmeExternalAccountKeys,
  revokeAcmeExternalAccountKey,
  listAcmeAccounts,
  describeAcmeAccount,
  deactivateAcmeAccount,
  listAcmeOrders,
  answerAcmeRequest,
  createCertificateAuthority,
  describeCertificateAuthority,
  listCertificateAuthorities,
  getCertificateAuthorityCsr,
  importCertificateAuthorityCertificate,
  getCertificateAuthorityCertificate,
  updateCertificateAuthority,
  deleteCertificateAuthority,
  restoreCertificateAuthority,
  issueCertificate,
  previewCertificate,
  getCertificate,
  listCertificates,
  issueCertificateWithKey,
  exportPrivateKey,
  deleteCertificateKey,
  putPolicy,
  getPolicy,
  deletePolicy,
  createPermission,
  listPermissionsOfAuthority,
  deletePermissionOfAuthority,
  createAuditReport,
  describeAuditReport,
  getAuditReport,
  tagCertificateAuthority,
  untagCertificateAuthority,
  listTags,
  blockKey,
  unblockKey,
  listBlockedKeysOfAccount,
  moveResource,
  previewMoveResource,
  listResourcesInProject,
  describeResourceFacts,
  describeConfigurations,
  listConfigurations,
  describeRenewal,
  revokeCertificate,
  holdCertificate,
  releaseCertificateHold,
  reportKeyCompromise,
  getRevocationStatus,
  previewRevocation,
  listRevocationLists,
  getRevocationListFile,
  getAuthorityFile,
  answerOcspRequest,
  uploadCertificate,
  uploadCertificateVersion,
  describeCertificate,
  listCertificateVersions,
  downloadCertificate,
  updateCertificate,
  markCertificateRevoked,
  deleteCertificate,
  restoreCertificate,
  reissueCertificate,
  tagCertificate,
  untagCertificate,
  createOutsideAuthority,
  describeOutsideAuthority,
  listOutsideAuthoritiesOfAccount,
  updateOutsideAuthority,
  deleteOutsideAuthorityOfAccount,
  requestOutsideCertificate,
  describeOutsideOrder,
  listOutsideOrdersOfAuthority,
  cancelOutsideOrder,
  describeOutsideCertificate,
  listOutsideCertificatesOfAuthority,
  renewOutsideCertificate,
  revokeOutsideCertificate,
  getOutsideProof,
] as const;
