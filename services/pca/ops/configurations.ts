/** Authorities for the detective engine. Rows are verified like everywhere: a forged row is no fact. */
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { DescribeConfigurations, ListConfigurations } from '../api/configurations.ts';
import type { PcaDeps } from '../deps.ts';
import { parseAuthorityArn } from '../domain/authority-ref.ts';
import { answersOcsp, publishesLists, readSettings } from '../domain/revocation/settings.ts';
import { nameText } from '../domain/x509/name.ts';
import type { AuthorityRecord } from '../store/authorities.ts';
import { listAuthorityIds } from '../store/authority-queries.ts';
import { earliestNextUpdate } from '../store/revocation/list-queries.ts';
import { RESOURCE_TYPE } from './projects.ts';

const implement = implementFor<PcaDeps>();
const DEFAULT_LIMIT = 100;
const iso = (time: number) => new Date(time).toISOString();

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
  const reference = parseAuthorityArn(arn, deps.settings);
  if (!reference) return undefined;
  const record = await orDamaged(() => deps.authorities.byId(reference.authorityId));
  // The last configuration that was recorded grows old.
  if (record === 'damaged') return undefined;
  if (record?.row.account_id === reference.accountId) return itemOf(deps, record);
  const { accountId: AccountId, authorityId: Name } = reference;
  return { Arn: arn, Type: RESOURCE_TYPE, AccountId, Name, Tags: {}, Configuration: '{}', Deleted: true };
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const ids = await listAuthorityIds(deps.store.read, input.After ?? '', limit);
    const records = await Promise.all(ids.map((id) => orDamaged(() => deps.authorities.byId(id))));
    const whole = records.filter((record) => record !== undefined && record !== 'damaged');
    const Items = await Promise.all(whole.map((record) => itemOf(deps, record)));
    const last = ids.at(-1);
    return { Items, ...(ids.length === limit && last !== undefined && { Next: last }) };
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
