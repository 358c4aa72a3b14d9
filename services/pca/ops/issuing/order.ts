/**
 * From a request to the certificate that is asked for, before anybody was asked whether it may be issued: policies decide
 * about what would be in it. What cannot be made is told only to those who might have had it.
 */
import type { ServiceError } from '../../../../platform/contract/error.ts';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Resolved } from '../../../../platform/runtime/call.ts';
import type { IssueCertificate, PreviewCertificate } from '../../api/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { certificateConditions } from '../../domain/certificate-conditions.ts';
import { type CertificationRequest, type CheckedRequest, readRequestBeside } from '../../domain/csr.ts';
import { DerError } from '../../domain/der/reader.ts';
import { type ApiContent, type Draft, draftCertificate, type Issuer, planOf } from '../../domain/issuing.ts';
import { placesOf } from '../../domain/revocation/places.ts';
import { readSettings } from '../../domain/revocation/settings.ts';
import { DEFAULT_TEMPLATE, type Template, templateArn, templateOf } from '../../domain/template.ts';
import { periodOf } from '../../domain/validity.ts';
import { readContent } from '../../domain/wire-content.ts';
import { ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../domain/x509/algorithm.ts';
import { assemble, type Certificate, readCertificate, writeTbs } from '../../domain/x509/certificate.ts';
import { readPublicKey } from '../../domain/x509/public-key.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { type AnyCall, askAboutAuthority, missingAuthority } from '../authority-access.ts';

type Input = InputOf<typeof IssueCertificate> | InputOf<typeof PreviewCertificate>;

/** What is asked for besides the key and the names of a CSR. */
type Asked = Omit<InputOf<typeof PreviewCertificate>, 'Csr' | 'SigningAlgorithm'> & {
  /** Default: what the authority signs with otherwise. */
  SigningAlgorithm?: string | undefined;
};

/** Where the CSR comes from, and what a problem with it is called. */
export interface CsrSource {
  code: 'InvalidArgs' | 'MalformedCsr';
  read(): Promise<CheckedRequest>;
}

export interface Order {
  record: AuthorityRecord;
  target: AuthorizationTarget;
  template: Template;
  /** Of a root that issues for itself, without what is above. */
  issuer: Issuer;
  draft: Draft;
  /** The draft as the certificate would be read. */
  planned: Certificate;
}

/** Stands where the serial number will be. */
export const NO_SERIAL = Buffer.from('7f00112233445566778899aabbccddeeff10', 'hex');
const NO_SIGNATURE = Buffer.alloc(64);

export function resolveOrder(call: AnyCall, input: Input, deps: PcaDeps): Promise<Resolved<Order>> {
  const csr: CsrSource = { code: 'MalformedCsr', read: () => readRequestBeside(input.Csr) };
  return resolveWanted(call, deps, input.CertificateAuthorityArn, (record) => readAsked(input, csr, record, deps));
}

/** What is wanted of an authority, from wherever it is known. */
export async function resolveWanted(
  call: AnyCall,
  deps: PcaDeps,
  authorityArn: string,
  wantedOf: (record: AuthorityRecord) => Promise<ReadWanted>,
): Promise<Resolved<Order>> {
  let planned: Planned | undefined;
  const { target, record } = await askAboutAuthority(call, deps, authorityArn, async (found) => {
    const read = await wantedOf(found);
    planned = read.ok ? planOrder(call, read.wanted, deps, found) : read;
    return planned.ok ? { conditions: planned.conditions } : {};
  });
  const refused = (absent: ServiceError): Resolved<Order> => ({
    targets: [target],
    state: undefined as never,
    absent,
  });
  if (!record || !planned) return refused(missingAuthority(call, authorityArn));
  if (!planned.ok) return refused(call.fail(planned.code, planned.problem));
  return { targets: [target], state: { record, target, ...planned.order } };
}

/** What a certificate is made of, besides what its authority and its template say. */
export interface Wanted {
  template: Template;
  algorithm: SigningAlgorithm;
  csr: CertificationRequest;
  api: ApiContent;
  validity: InputOf<typeof IssueCertificate>['Validity'];
  notBefore?: InputOf<typeof IssueCertificate>['ValidityNotBefore'];
}

export type Refusal = {
  ok: false;
  code: 'InvalidArgs' | 'MalformedCsr' | 'NotFound' | 'InvalidState';
  problem: string;
};
export type ReadWanted = { ok: true; wanted: Wanted } | Refusal;
type Planned =
  | { ok: true; order: Omit<Order, 'record' | 'target'>; conditions: ReturnType<typeof certificateConditions> }
  | Refusal;

export function planOrder(call: AnyCall, wanted: Wanted, deps: PcaDeps, record: AuthorityRecord): Planned {
  const drafted = draftOrder(call, wanted, record);
  if (!drafted.ok) return drafted;
  const { template, issuer, draft } = drafted;
  try {
    const planned = asIssued(draft);
    const arn = templateArn(deps.settings.partition, template.name);
    const conditions = certificateConditions(planned, template, arn);
    return { ok: true, order: { template, issuer, draft, planned }, conditions };
  } catch (error) {
    if (error instanceof DerError) return { ok: false, code: 'InvalidArgs', problem: error.message };
    throw error;
  }
}

/** As a certificate would be read, without the number and the signature it does not have yet. */
function asIssued(draft: Draft): Certificate {
  const tbs = writeTbs(planOf(draft, NO_SERIAL));
  return readCertificate(assemble(tbs, draft.algorithm, NO_SIGNATURE));
}

const refuse = (problem: string): Refusal => ({ ok: false, code: 'InvalidArgs', problem });

export async function readAsked(
  input: Asked,
  csr: CsrSource,
  { row }: AuthorityRecord,
  deps: PcaDeps,
): Promise<ReadWanted> {
  const { partition } = deps.settings;
  const arn = input.TemplateArn ?? templateArn(partition, DEFAULT_TEMPLATE);
  const template = templateOf(partition, arn);
  if (!template) return refuse(`there is no template ${arn}`);
  const { SigningAlgorithm: named = row.signing_algorithm } = input;
  const algorithm = SIGNING_ALGORITHMS.find((name) => name === named);
  if (!algorithm) return refuse(`certificates are not signed with ${named}`);
  const read = await csr.read();
  if (!read.ok) return { ok: false, code: csr.code, problem: read.problem };
  const content = readContent(input.ApiPassthrough ?? {});
  if (!content.ok) return refuse(content.problem);
  const { Validity: validity, ValidityNotBefore: notBefore } = input;
  return { ok: true, wanted: { template, algorithm, csr: read.csr, api: content.value, validity, notBefore } };
}

type Drafted = { ok: true; template: Template; issuer: Issuer; draft: Draft } | Refusal;

function draftOrder(call: AnyCall, wanted: Wanted, record: AuthorityRecord): Drafted {
  const { template, algorithm, csr, api } = wanted;
  const { family } = readPublicKey(record.row.public_key);
  if (ALGORITHM[algorithm].family !== family)
    return refuse(`the authority cannot sign with ${algorithm}: its key is ${record.row.key_algorithm}`);
  const isOwn = template.kind === 'root';
  if (isOwn && (record.row.type !== 'ROOT' || !csr.publicKey.equals(record.row.public_key)))
    return refuse('a root issues a certificate of a root for its own key only');
  const issuer = isOwn ? { ...record.issuer, chain: [] } : record.issuer;
  const period = periodOf(wanted, call.now, issuer.chain[0]?.notBefore);
  if (!period.ok) return refuse(period.problem);
  const { notBefore, notAfter } = period;
  const places = placesOf(readSettings(record.row.revocation), {
    authorityId: record.row.authority_id,
    ...{ template, notBefore, notAfter },
    shortLived: record.row.usage_mode === 'SHORT_LIVED_CERTIFICATE',
  });
  const drafted = draftCertificate({ issuer, template, csr, api, algorithm, notBefore, notAfter, places });
  return drafted.ok ? { ok: true, template, issuer, draft: drafted.draft } : refuse(drafted.problem);
}
