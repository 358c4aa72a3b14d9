/** Authorities and certificates from elsewhere for the detective engine. Rows are verified like everywhere: a forged row is no fact. */
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { DescribeConfigurations, ListConfigurations } from '../api/configurations.ts';
import type { PcaDeps } from '../deps.ts';
import { parseAuthorityArn } from '../domain/authority-ref.ts';
import { answersOcsp, publishesLists, readSettings } from '../domain/revocation/settings.ts';
import { parseKeptArn } from '../domain/scm/certificate-ref.ts';
import { nameText } from '../domain/x509/name.ts';
import type { AuthorityRecord } from '../store/authorities.ts';
import { listAuthorityIds } from '../store/authority-queries.ts';
import { earliestNextUpdate } from '../store/revocation/list-queries.ts';
import { listKeptIds } from '../store/scm/kept-queries.ts';
import { CERTIFICATE_TYPE, RESOURCE_TYPE } from './projects.ts';
import { keptItem } from './scm/configuration.ts';
import { keptById } from './scm/kept-access.ts';

const implement = implementFor<PcaDeps>();
const DEFAULT_LIMIT = 100;
const iso = (time: number) => new Date(time).toISOString();

interface Kind {
  type: string;
  /** Stands before the id in a position of the walk. */
  prefix: string;
  /** Undefined: no ARN of this kind. */
  reference(deps: PcaDeps, arn: string): { id: string; accountId: string } | undefined;
  ids(deps: PcaDeps, after: string, limit: number): Promise<string[]>;
  item(deps: PcaDeps, id: string): Promise<ConfigurationItem | undefined>;
}

/** In the order in which the walk goes through them. */
const KINDS: readonly Kind[] = [
  {
    type: RESOURCE_TYPE,
    prefix: '',
    reference(deps, arn) {
      const found = parseAuthorityArn(arn, deps.settings);
      return found && { id: found.authorityId, accountId: found.accountId };
    },
    ids: (deps, after, limit) => listAuthorityIds(deps.store.read, after, limit),
    async item(deps, id) {
      const record = await deps.authorities.byId(id);
      return record && itemOf(deps, record);
    },
  },
  {
    type: CERTIFICATE_TYPE,
    prefix: 'certificate/',
    reference(deps, arn) {
      const found = parseKeptArn(arn, deps.settings);
      return found && { id: found.certificateId, accountId: found.accountId };
    },
    ids: (deps, after, limit) => listKeptIds(deps.store.read, after, limit),
    async item(deps, id) {
      const record = await keptById(deps, id);
      return record && keptItem(record);
    },
  },
];

export const describeConfigurations = implement(DescribeConfigurations, {
  resolve: noResource,
  async run(_call, { Resources }, _state, deps) {
    const items = new Map<string, ConfigurationItem>();
    for (const arn of Resources) {
      const item = await describe(deps, arn);
      if (item) items.set(arn, item);
    }
    return { Items: [...items.values()] };
  },
});

async function describe(deps: PcaDeps, arn: string): Promise<ConfigurationItem | undefined> {
  for (const kind of KINDS) {
    const reference = kind.reference(deps, arn);
    if (!reference) continue;
    const { id: Name, accountId: AccountId } = reference;
    const item = await orDamaged(() => kind.item(deps, Name));
    // The last configuration that was recorded grows old.
    if (item === 'damaged') return undefined;
    if (item?.AccountId === AccountId) return item;
    return { Arn: arn, Type: kind.type, AccountId, Name, Tags: {}, Configuration: '{}', Deleted: true };
  }
  return undefined;
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, { After = '', Limit: limit = DEFAULT_LIMIT }, _state, deps) {
    const from = Math.max(
      0,
      KINDS.findIndex(({ prefix }) => prefix !== '' && After.startsWith(prefix)),
    );
    const Items: ConfigurationItem[] = [];
    let looked = 0;
    for (const [at, kind] of KINDS.slice(from).entries()) {
      const ids = await kind.ids(deps, at === 0 ? After.slice(kind.prefix.length) : '', limit - looked);
      const found = await Promise.all(ids.map((id) => orDamaged(() => kind.item(deps, id))));
      Items.push(...found.filter((item) => item !== undefined && item !== 'damaged'));
      looked += ids.length;
      const last = ids.at(-1);
      if (looked === limit && last !== undefined) return { Items, Next: `${kind.prefix}${last}` };
    }
    return { Items };
  },
});

async function itemOf(deps: PcaDeps, { row, arn, tags, issuer }: AuthorityRecord): Promise<ConfigurationItem> {
  const [certificate] = issuer.chain;
  const settings = readSettings(row.revocation);
  const crlEnabled = publishesLists(settings);
  const nextUpdate = crlEnabled ? await earliestNextUpdate(deps.store.read, row.authority_id) : undefined;
  return {
    Arn: arn,
    Type: RESOURCE_TYPE,
    AccountId: row.account_id,
    Name: nameText(issuer.subject).slice(0, 1024),
    CreatedAt: row.created_at,
    Tags: { ...tags },
    Configuration: JSON.stringify({
      caType: row.type,
      state: row.state,
      usageMode: row.usage_mode,
      keyAlgorithm: row.key_algorithm,
      signingAlgorithm: row.signing_algorithm,
      enterpriseProject: row.enterprise_project_id,
      publicKeyHash: row.public_key_hash,
      levels: issuer.chain.length,
      crlEnabled,
      ocspEnabled: answersOcsp(settings),
      ...(nextUpdate !== undefined && { crlNextUpdate: iso(nextUpdate) }),
      ...(certificate && {
        notBefore: iso(certificate.notBefore),
        notAfter: iso(certificate.notAfter),
        issuer: nameText(certificate.issuer).slice(0, 1024),
        pathLength: certificate.facts.basicConstraints?.pathLength ?? null,
        hasNameConstraints: certificate.facts.nameConstraints !== undefined,
      }),
      ...(row.restorable_until !== null && { restorableUntil: iso(row.restorable_until) }),
    }),
    Deleted: false,
  };
}
