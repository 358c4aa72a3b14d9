/** What the operations and jobs of this service receive. */
import type { Recorder } from '../../platform/audit/recorder.ts';
import type { OnBehalf } from '../../platform/client/transport.ts';
import type { ProjectState } from '../../platform/contract/enterprise-project.ts';
import type { InputOf, OutputOf } from '../../platform/contract/operation.ts';
import type { ObjectStore } from '../../platform/objects/index.ts';
import type { Platform } from '../../platform/runtime/service.ts';
import type { RowGuard } from '../../platform/store/row-guard.ts';
import type { TenantKeys } from '../../platform/store/tenant-keys.ts';
import type { IssueCertificate } from './api/certificates.ts';
import type { RevokeCertificate } from './api/revocation/revocations.ts';
import type { Installation } from './domain/revocation/settings.ts';
import type { Certificate } from './domain/x509/certificate.ts';
import type { Validator } from './ops/acme/validation/validator.ts';
import type { Reservations } from './ops/issuing/reservations.ts';
import type { Serials } from './ops/issuing/serials.ts';
import type { ThrowAwaySignatures } from './ops/issuing/throw-away-signatures.ts';
import type { NewKeys } from './ops/keys/new-keys.ts';
import type { OcspAnswers } from './ops/ocsp/answer-ocsp-request.ts';
import type { Responders } from './ops/ocsp/responders.ts';
import type { Send } from './ops/outside/client/https.ts';
import type { Authorities } from './store/authorities.ts';
import type { ReportFiles } from './store/reports/report-files.ts';
import type { PcaTables } from './store/tables.ts';

/** What the private CA asks of other services. */
export interface PcaClients {
  iam: {
    /** Whether a project of an account takes resources; absent: the account has no such project. */
    FindEnterpriseProject(input: {
      AccountId: string;
      EnterpriseProjectId: string;
    }): Promise<{ Project?: ProjectState | undefined }>;
    /** Unique ids of the principals that exist; of an account's root the account id. */
    ResolvePrincipals(input: { Arns: string[] }): Promise<{ Principals: { Arn: string; PrincipalId: string }[] }>;
    /** The root user, the users and the roles of an account, by id, after one of them. */
    ListAccountPrincipals(input: {
      AccountId: string;
      After?: string;
      Limit: number;
    }): Promise<{ PrincipalIds: string[] }>;
    /** Unique ids of those that exist. */
    ResolvePrincipals(input: { Arns: string[] }): Promise<{ Principals: { Arn: string; PrincipalId: string }[] }>;
  };
  /** Itself: ACME asks on behalf of the principals of its accounts, who are judged as if they asked. */
  pca: {
    IssueCertificate(input: InputOf<typeof IssueCertificate>, on: OnBehalf): Promise<OutputOf<typeof IssueCertificate>>;
    RevokeCertificate(input: InputOf<typeof RevokeCertificate>, on: OnBehalf): Promise<undefined>;
  };
}

export interface PcaDeps extends Platform<PcaTables, PcaClients> {
  guard: RowGuard;
  tenants: TenantKeys<PcaTables>;
  authorities: Authorities;
  serials: Serials;
  reservations: Reservations;
  throwAwaySignatures: ThrowAwaySignatures;
  newKeys: NewKeys;
  reports: ReportFiles;
  /** For what happens without a request: the destruction of a key when its time is over. */
  recorder: Recorder;
  installation: Installation;
  /** Where lists are published besides the PKI listener, by name. */
  listStores: ReadonlyMap<string, ObjectStore>;
  /** Where audit reports go besides the data folder, by the name of the bucket. */
  reportStores: ReadonlyMap<string, ObjectStore>;
  responders: Responders;
  ocspAnswers: OcspAnswers;
  acme: {
    /** Of the MACs of replay nonces, the same on every node. */
    nonceKey(): Promise<Buffer>;
    validator: Validator;
  };
  outside: {
    /** To CAs outside. */
    send: Send;
    /** What certificates have to come from where nothing else is said. */
    anchors(): readonly Certificate[];
  };
}
