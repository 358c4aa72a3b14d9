import { implementFor } from '../../../platform/runtime/call.ts';
import { ListResourceTags } from '../api/tags.ts';
import type { KmsDeps } from '../deps.ts';
import { tagList } from '../domain/tags.ts';
import { resolveOwnKey } from './key-access.ts';
import { requireState } from './key-use.ts';
import { openPage } from './page.ts';

const implement = implementFor<KmsDeps>();

export const listResourceTags = implement(ListResourceTags, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, input, record, deps) {
    requireState(call, 'ListResourceTags', record);
    const page = openPage(call, deps, input, record.row.key_id);
    const after = tagList(record.tags).filter((tag) => tag.TagKey > page.after);
    const { rows, ...end } = page.end(after, (tag) => tag.TagKey);
    return { Tags: rows, ...end };
  },
});
