import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { implementFor } from '../../../platform/runtime/call.ts';
import { TagResource, UntagResource } from '../api/tags.ts';
import type { CcmsDeps } from '../deps.ts';
import { type TagMap, tagMap, tagsColumn, withoutTags, withTags } from '../domain/tags.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { type AnyCall, type Question, requireLive, resolveSecret, targetOf } from './secret-access.ts';
import { changeSecret } from './secret-change.ts';

const implement = implementFor<CcmsDeps>();

export const tagResource = implement(TagResource, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId, { requestTags: tagMap(input.Tags) }),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const tagged = withTags(secret.tags, input.Tags);
    if (!tagged.ok) throw call.fail('InvalidParameter', tagged.message);
    await requireAccessAfter(call, deps, secret, tagged.tags, { requestTags: tagMap(input.Tags) });
    return changeSecret(call, deps, secret, { edit: { tags: tagsColumn(tagged.tags) }, output: undefined });
  },
});

export const untagResource = implement(UntagResource, {
  resolve: (call, input, deps) =>
    resolveSecret(call, deps, input.SecretId, { conditions: [['aws:TagKeys', input.TagKeys]] }),
  async run(call, input, secret, deps) {
    requireLive(call, secret);
    const left = withoutTags(secret.tags, input.TagKeys);
    await requireAccessAfter(call, deps, secret, left, { conditions: [['aws:TagKeys', input.TagKeys]] });
    return changeSecret(call, deps, secret, { edit: { tags: tagsColumn(left) }, output: undefined });
  },
});

/** Who could not take the change back must not make it. */
async function requireAccessAfter(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  tags: TagMap,
  question: Question,
): Promise<void> {
  if (await policiesLetIn(call, deps, targetOf({ ...secret, tags }, secret.arn, question, deps))) return;
  throw call.fail('AccessDenied', 'the change of tags would take your own access to the secret away', {
    hint: 'let somebody change them whose access does not depend on them',
  });
}
