import { implementFor } from '../../../platform/runtime/call.ts';
import { TagResource, UntagResource } from '../api/tags.ts';
import type { KmsDeps } from '../deps.ts';
import { tagMap, tagsColumn, withoutTags, withTags } from '../domain/tags.ts';
import { resolveOwnKey } from './key-access.ts';
import { changeKey } from './key-change.ts';

const implement = implementFor<KmsDeps>();

export const tagResource = implement(TagResource, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId, { requestTags: tagMap(input.Tags) }),
  run(call, input, record, deps) {
    const tagged = withTags(record.tags, input.Tags);
    if (!tagged.ok) throw call.fail('InvalidTags', tagged.message);
    return changeKey(call, deps, 'TagResource', record, { tags: tagsColumn(tagged.tags) }, undefined);
  },
});

export const untagResource = implement(UntagResource, {
  resolve: (call, input, deps) =>
    resolveOwnKey(call, deps, input.KeyId, { conditions: [['aws:TagKeys', input.TagKeys]] }),
  run(call, input, record, deps) {
    const left = withoutTags(record.tags, input.TagKeys);
    if (!left.ok) throw call.fail('InvalidTags', left.message);
    return changeKey(call, deps, 'UntagResource', record, { tags: tagsColumn(left.tags) }, undefined);
  },
});
