import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { ListTagsForResource, TagResource, UntagResource } from '../../api/tags.ts';
import type { OrgDeps } from '../../deps.ts';
import { permits } from '../../domain/account-state.ts';
import { policyArn, resourcePolicyArn } from '../../domain/names.ts';
import { tagKey, tagRecord } from '../../domain/tags.ts';
import type { AccountRow } from '../../store/db.ts';
import { resourcePolicy } from '../../store/delegation.ts';
import { deleteTags, putTags, tagsOf } from '../../store/tags.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type About, inOrganization, type Standing } from '../standing.ts';
import { aboutPolicy, aboutTarget, missing } from '../targets.ts';
import { requireTags } from './tag-rules.ts';

interface Taggable {
  id: string;
  /** When it is an account. */
  account?: AccountRow;
}

type Input = { ResourceId: string };

/** Whatever carries tags, by the form of its id. */
async function aboutTaggable(
  call: Call<AnyOperation>,
  deps: OrgDeps,
  standing: Standing,
  id: string,
): Promise<About<Taggable>> {
  const notFound = missing(call, 'TargetNotFound', id);
  if (id.startsWith('p-')) {
    const { targets, state } = await aboutPolicy(call, deps, standing, id);
    // Shipped policies belong to nobody who could tag them.
    return { targets, state: { id }, absent: state && 'own' in state ? undefined : notFound };
  }
  if (id.startsWith('rp-')) {
    const row = await resourcePolicy(deps.store.read, standing.organization.organization_id);
    const found = row?.policy_id === id;
    return {
      targets: [{ resource: resourcePolicyArn(standing.scope, id) }],
      state: { id },
      absent: found ? undefined : notFound,
    };
  }
  // Transfers of bills do not exist.
  if (id.startsWith('rt-'))
    return { targets: [{ resource: policyArn(standing.scope, 'transfer', id) }], state: { id }, absent: notFound };
  const { targets, state, absent } = await aboutTarget(call, deps, standing, id, 'TargetNotFound');
  return { targets, state: state && 'account' in state ? { id, account: state.account } : { id }, absent };
}

function requireOpen(call: Call<AnyOperation>, { account }: Taggable): void {
  if (!account || permits(account.state, 'tag')) return;
  throw call.fail('TargetNotFound', `account ${account.account_id} is ${account.state} and takes no tags`);
}

export const tagResource = implement(TagResource, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const about = await aboutTaggable(call, deps, standing, input.ResourceId);
      const requestTags = tagRecord(input.Tags);
      return { ...about, targets: about.targets.map((target) => ({ ...target, requestTags })) };
    }),
  run(call, input, { organization, found }, deps) {
    requireOpen(call, found);
    return plainChange(deps, call, organization, found.id, async ({ tx }) => {
      requireTags(call, deps, input.Tags, await tagsOf(tx, found.id));
      await putTags(tx, found.id, input.Tags);
      return undefined;
    });
  },
});

export const untagResource = implement(UntagResource, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const about = await aboutTaggable(call, deps, standing, input.ResourceId);
      const keys = [['aws:TagKeys', input.TagKeys]] as const;
      return {
        ...about,
        targets: about.targets.map((target) => ({ ...target, context: [...(target.context ?? []), ...keys] })),
      };
    }),
  run(call, input, { organization, found }, deps) {
    requireOpen(call, found);
    return plainChange(deps, call, organization, found.id, async ({ tx }) => {
      await deleteTags(tx, found.id, input.TagKeys);
      return undefined;
    });
  },
});

export const listTagsForResource = implement(ListTagsForResource, {
  resolve: (call: Call<AnyOperation>, input: Input, deps) =>
    inOrganization(call, deps, (standing) => aboutTaggable(call, deps, standing, input.ResourceId)),
  async run(call, input, { found }, deps) {
    const page = openPage(deps, call, input, found.id);
    const tags = await tagsOf(deps.store.read, found.id, page.range);
    const { rows, output } = closePage(deps, page, tags, (tag) => tagKey(tag.Key));
    return { Tags: rows, ...output };
  },
});
