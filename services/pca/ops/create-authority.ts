import { hash } from 'node:crypto';
import { DEFAULT_PROJECT } from '../../../platform/contract/enterprise-project.ts';
import type { InputOf, OutputOf } from '../../../platform/contract/operation.ts';
import { addTags, tagMap, tagsColumn } from '../../../platform/contract/tags.ts';
import { type AuthorizationTarget, type Change, change, implementFor } from '../../../platform/runtime/call.ts';
import { CreateCertificateAuthority } from '../api/authorities.ts';
import type { PcaDeps } from '../deps.ts';
import { authorityArn } from '../domain/authority-ref.ts';
import { writeRequestInfo } from '../domain/csr.ts';
import { MAX_AUTHORITIES_PER_ACCOUNT } from '../domain/limits.ts';
import { authorityKeyBinding } from '../domain/rows.ts';
import { readKeyUsage, readSubject } from '../domain/wire-content.ts';
import {
  ALGORITHM,
  familyOf,
  HSM_SPEC,
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  suitsCurve,
} from '../domain/x509/algorithm.ts';
import { assemble } from '../domain/x509/certificate.ts';
import { keyUsage } from '../domain/x509/extension.ts';
import type { Name } from '../domain/x509/name.ts';
import { publicKeyHash } from '../domain/x509/public-key.ts';
import { countAuthorities, insertAuthority } from '../store/authority-queries.ts';
import { type AnyCall, placeOf, TYPE } from './authority-access.ts';
import { sealedAuthority } from './authority-change.ts';
import { requireOpenProject } from './open-project.ts';
import { requestToken } from './request-token.ts';
import { settingsColumn } from './revocation/settings.ts';
import { tagsOf } from './wire-tags.ts';

const implement = implementFor<PcaDeps>();
type Input = InputOf<typeof CreateCertificateAuthority>;
type Output = OutputOf<typeof CreateCertificateAuthority>;

export const createCertificateAuthority = implement(CreateCertificateAuthority, {
  resolve(_call, input) {
    const { KeyAlgorithm: key } = input.CertificateAuthorityConfiguration;
    const requestTags = tagMap(tagsOf(input.Tags ?? []));
    const create: AuthorizationTarget = {
      resource: '*',
      project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      context: [
        ['acm-pca:AuthorityType', input.CertificateAuthorityType],
        ['acm-pca:KeyType', key.startsWith('EC') ? 'EC' : (key.split('_')[0] as string)],
        ['acm-pca:KeyBits', /\d{3,4}/.exec(key)?.[0] ?? '0'],
      ],
      ...(input.Tags && { requestTags }),
    };
    // Whoever tags at creation needs the permission to tag as well.
    const tag = { ...create, action: 'acm-pca:TagCertificateAuthority' };
    return { targets: input.Tags ? [create, tag] : [create], state: undefined };
  },

  async run(call, input, _state, deps): Promise<Change<Output>> {
    const token = requestToken<Output>(call, deps, input.IdempotencyToken);
    const earlier = await token.recall();
    if (earlier) return change(async () => earlier);
    const wanted = wantedAuthority(call, input);
    const revocation = settingsColumn(call, deps, input.RevocationConfiguration, null);
    const tagged = addTags(tagMap([]), tagsOf(input.Tags ?? []), 'a certificate authority');
    if (!tagged.ok) throw call.fail(tagged.tooMany ? 'TooManyTags' : 'InvalidTags', tagged.message);
    const project = input.EnterpriseProjectId ?? DEFAULT_PROJECT;
    await requireOpenProject(call, deps, project);
    const place = placeOf(call, deps);
    const authorityId = deps.ids.uuidv7();
    const row = await sealedAuthority(deps, {
      authority_id: authorityId,
      account_id: place.accountId,
      ...{ partition: place.partition, region: place.region },
      type: input.CertificateAuthorityType,
      state: 'PENDING_CERTIFICATE',
      usage_mode: input.UsageMode ?? 'GENERAL_PURPOSE',
      key_algorithm: wanted.key,
      signing_algorithm: wanted.algorithm,
      key_storage: input.KeyStorageSecurityStandard ?? 'FIPS_140_2_LEVEL_3_OR_HIGHER',
      configuration: JSON.stringify(input.CertificateAuthorityConfiguration),
      subject_hash: hash('sha256', wanted.subject.bytes, 'hex'),
      ...(await newKey(deps, place.accountId, authorityId, input, wanted)),
      ...{ certificate: null, chain: null, not_before: null, not_after: null },
      ...{ created_at: call.now, state_changed_at: call.now, restorable_until: null },
      tags: tagsColumn(tagged.tags),
      enterprise_project_id: project,
      revocation,
      ...{ policy: '', policy_principals: '[]' },
      version: 1,
    });
    const arn = authorityArn(place, authorityId);
    call.touches(arn, TYPE, place.accountId);
    return change((tx) =>
      token.once(tx, async () => {
        if ((await countAuthorities(tx, place.accountId)) >= MAX_AUTHORITIES_PER_ACCOUNT)
          throw call.fail('LimitExceeded', `account has ${MAX_AUTHORITIES_PER_ACCOUNT} certificate authorities`);
        await insertAuthority(tx, row);
        return { CertificateAuthorityArn: arn };
      }),
    );
  },
});

interface Wanted {
  key: KeyAlgorithm;
  algorithm: SigningAlgorithm;
  subject: Name;
}

function wantedAuthority(call: AnyCall, input: Input): Wanted {
  const { KeyAlgorithm, SigningAlgorithm, Subject, CsrExtensions } = input.CertificateAuthorityConfiguration;
  const refuse = (message: string, hint?: string) =>
    call.fail('InvalidArgs', message, hint === undefined ? {} : { hint });
  const key = KEY_ALGORITHMS.find((name) => name === KeyAlgorithm);
  if (!key) throw refuse(`KeyAlgorithm ${KeyAlgorithm} is not offered`, `choose one of ${KEY_ALGORITHMS.join(', ')}`);
  const algorithm = SIGNING_ALGORITHMS.find((name) => name === SigningAlgorithm);
  if (!algorithm || ALGORITHM[algorithm].family !== familyOf(key))
    throw refuse(`SigningAlgorithm ${SigningAlgorithm} is not offered for a key of kind ${KeyAlgorithm}`);
  const curve = familyOf(key) === 'EC' ? Number(/\d{3}/.exec(key)![0]) : 0;
  const { hash: signedHash } = ALGORITHM[algorithm];
  if (!suitsCurve(signedHash, curve))
    throw refuse(
      `SHA-${signedHash.slice(3)} is weaker than the curve P-${curve}`,
      `choose SHA${Math.min(curve, 512)}WITHECDSA`,
    );
  if (input.KeyStorageSecurityStandard === 'CCPC_LEVEL_1_OR_HIGHER')
    throw refuse('KeyStorageSecurityStandard CCPC_LEVEL_1_OR_HIGHER is not offered');
  if (CsrExtensions?.SubjectInformationAccess?.length)
    throw refuse('SubjectInformationAccess is not offered in certificate requests');
  const subject = readSubject(Subject);
  if (!subject.ok) throw refuse(subject.problem);
  // RFC 5280 4.1.2.6: the subject of an authority is never empty.
  if (subject.value.attributes.length === 0) throw refuse('the subject of a certificate authority is empty');
  return { key, algorithm, subject: subject.value };
}

/** The pair of keys, made and wrapped by the HSM, and the request that it signs. */
async function newKey(deps: PcaDeps, accountId: string, authorityId: string, input: Input, wanted: Wanted) {
  const tenant = await deps.tenants.obtain(accountId);
  const tenantKey = {
    wrapped: tenant.wrapped,
    binding: tenant.binding,
    mac: tenant.mac,
    rootVersion: tenant.root_version,
  };
  const binding = authorityKeyBinding({ accountId, tenantId: tenant.tenant_id, authorityId, algorithm: wanted.key });
  const material = await deps.hsm.createKeyPair(tenantKey, binding, HSM_SPEC[wanted.key], 'sign');
  const key = { tenant: tenantKey, material };
  const publicKey = await deps.hsm.publicKeyOf(key, 'sign');
  const usage = readKeyUsage(input.CertificateAuthorityConfiguration.CsrExtensions?.KeyUsage ?? {});
  const message = writeRequestInfo(wanted.subject, publicKey, usage.length > 0 ? [keyUsage(usage)] : []);
  const { hsm: algorithm } = ALGORITHM[wanted.algorithm];
  const signature = await deps.hsm.signWith(key, { algorithm, message, isDigest: false });
  return {
    public_key: publicKey,
    public_key_hash: publicKeyHash(publicKey),
    csr: assemble(message, wanted.algorithm, signature),
    tenant_id: tenant.tenant_id,
    wrapped: material.wrapped,
    binding: material.binding,
    key_mac: material.mac,
    root_version: material.rootVersion,
  };
}
