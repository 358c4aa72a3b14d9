/** The operations of the private CA: the only part of this service that others import. */
import * as acmeAccounts from './acme/accounts.ts';
import * as acmeDirectories from './acme/directories.ts';
import * as acmeProtocol from './acme/protocol.ts';
import * as authorities from './authorities.ts';
import * as blockedKeys from './blocked-keys.ts';
import * as certificates from './certificates.ts';
import * as configurations from './configurations.ts';
import * as keys from './keys/export.ts';
import * as keyIssuing from './keys/issue-with-key.ts';
import * as outsideAuthorities from './outside/authorities.ts';
import * as outsideCertificates from './outside/certificates.ts';
import * as outsideProtocol from './outside/protocol.ts';
import * as projects from './projects.ts';
import * as renewal from './renewal.ts';
import * as reports from './reports/audit-reports.ts';
import * as lists from './revocation/lists.ts';
import * as ocsp from './revocation/ocsp.ts';
import * as revocations from './revocation/revocations.ts';
import * as inventory from './scm/certificates.ts';
import * as uploads from './scm/uploads.ts';
import * as search from './search/list-certificates.ts';
import * as permissions from './sharing/permissions.ts';
import * as policies from './sharing/policies.ts';
import * as tags from './tags.ts';

export const pcaOperations = {
  CreateCertificateAuthority: authorities.CreateCertificateAuthority,
  DescribeCertificateAuthority: authorities.DescribeCertificateAuthority,
  ListCertificateAuthorities: authorities.ListCertificateAuthorities,
  GetCertificateAuthorityCsr: authorities.GetCertificateAuthorityCsr,
  ImportCertificateAuthorityCertificate: authorities.ImportCertificateAuthorityCertificate,
  GetCertificateAuthorityCertificate: authorities.GetCertificateAuthorityCertificate,
  UpdateCertificateAuthority: authorities.UpdateCertificateAuthority,
  DeleteCertificateAuthority: authorities.DeleteCertificateAuthority,
  RestoreCertificateAuthority: authorities.RestoreCertificateAuthority,
  IssueCertificate: certificates.IssueCertificate,
  PreviewCertificate: certificates.PreviewCertificate,
  GetCertificate: certificates.GetCertificate,
  ListCertificates: search.ListCertificates,
  IssueCertificateWithKey: keyIssuing.IssueCertificateWithKey,
  ExportPrivateKey: keys.ExportPrivateKey,
  DeleteCertificateKey: keys.DeleteCertificateKey,
  PutPolicy: policies.PutPolicy,
  GetPolicy: policies.GetPolicy,
  DeletePolicy: policies.DeletePolicy,
  CreatePermission: permissions.CreatePermission,
  ListPermissions: permissions.ListPermissions,
  DeletePermission: permissions.DeletePermission,
  CreateCertificateAuthorityAuditReport: reports.CreateCertificateAuthorityAuditReport,
  DescribeCertificateAuthorityAuditReport: reports.DescribeCertificateAuthorityAuditReport,
  GetCertificateAuthorityAuditReport: reports.GetCertificateAuthorityAuditReport,
  TagCertificateAuthority: tags.TagCertificateAuthority,
  UntagCertificateAuthority: tags.UntagCertificateAuthority,
  ListTags: tags.ListTags,
  BlockKey: blockedKeys.BlockKey,
  UnblockKey: blockedKeys.UnblockKey,
  ListBlockedKeys: blockedKeys.ListBlockedKeys,
  MoveResource: projects.MoveResource,
  PreviewMoveResource: projects.PreviewMoveResource,
  ListResourcesInProject: projects.ListResourcesInProject,
  DescribeResourceFacts: projects.DescribeResourceFacts,
  DescribeConfigurations: configurations.DescribeConfigurations,
  ListConfigurations: configurations.ListConfigurations,
  DescribeRenewal: renewal.DescribeRenewal,
  RevokeCertificate: revocations.RevokeCertificate,
  HoldCertificate: revocations.HoldCertificate,
  ReleaseCertificateHold: revocations.ReleaseCertificateHold,
  ReportKeyCompromise: revocations.ReportKeyCompromise,
  GetRevocationStatus: revocations.GetRevocationStatus,
  PreviewRevocation: revocations.PreviewRevocation,
  ListRevocationLists: lists.ListRevocationLists,
  GetRevocationListFile: lists.GetRevocationListFile,
  GetAuthorityFile: lists.GetAuthorityFile,
  AnswerOcspRequest: ocsp.AnswerOcspRequest,
  CreateAcmeDirectory: acmeDirectories.CreateAcmeDirectory,
  DescribeAcmeDirectory: acmeDirectories.DescribeAcmeDirectory,
  ListAcmeDirectories: acmeDirectories.ListAcmeDirectories,
  UpdateAcmeDirectory: acmeDirectories.UpdateAcmeDirectory,
  DeleteAcmeDirectory: acmeDirectories.DeleteAcmeDirectory,
  CreateAcmeExternalAccountKey: acmeAccounts.CreateAcmeExternalAccountKey,
  ListAcmeExternalAccountKeys: acmeAccounts.ListAcmeExternalAccountKeys,
  RevokeAcmeExternalAccountKey: acmeAccounts.RevokeAcmeExternalAccountKey,
  ListAcmeAccounts: acmeAccounts.ListAcmeAccounts,
  DescribeAcmeAccount: acmeAccounts.DescribeAcmeAccount,
  DeactivateAcmeAccount: acmeAccounts.DeactivateAcmeAccount,
  ListAcmeOrders: acmeAccounts.ListAcmeOrders,
  AnswerAcmeRequest: acmeProtocol.AnswerAcmeRequest,
  UploadCertificate: uploads.UploadCertificate,
  UploadCertificateVersion: uploads.UploadCertificateVersion,
  DescribeCertificate: inventory.DescribeCertificate,
  ListCertificateVersions: inventory.ListCertificateVersions,
  DownloadCertificate: inventory.DownloadCertificate,
  UpdateCertificate: uploads.UpdateCertificate,
  MarkCertificateRevoked: uploads.MarkCertificateRevoked,
  DeleteCertificate: uploads.DeleteCertificate,
  RestoreCertificate: uploads.RestoreCertificate,
  ReissueCertificate: inventory.ReissueCertificate,
  TagCertificate: uploads.TagCertificate,
  UntagCertificate: uploads.UntagCertificate,
  CreateOutsideAuthority: outsideAuthorities.CreateOutsideAuthority,
  DescribeOutsideAuthority: outsideAuthorities.DescribeOutsideAuthority,
  ListOutsideAuthorities: outsideAuthorities.ListOutsideAuthorities,
  UpdateOutsideAuthority: outsideAuthorities.UpdateOutsideAuthority,
  DeleteOutsideAuthority: outsideAuthorities.DeleteOutsideAuthority,
  RequestOutsideCertificate: outsideCertificates.RequestOutsideCertificate,
  DescribeOutsideOrder: outsideCertificates.DescribeOutsideOrder,
  ListOutsideOrders: outsideCertificates.ListOutsideOrders,
  CancelOutsideOrder: outsideCertificates.CancelOutsideOrder,
  DescribeOutsideCertificate: outsideCertificates.DescribeOutsideCertificate,
  ListOutsideCertificates: outsideCertificates.ListOutsideCertificates,
  RenewOutsideCertificate: outsideCertificates.RenewOutsideCertificate,
  RevokeOutsideCertificate: outsideCertificates.RevokeOutsideCertificate,
  GetOutsideProof: outsideProtocol.GetOutsideProof,
} as const;
