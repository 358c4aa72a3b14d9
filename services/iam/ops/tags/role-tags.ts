import { ListRoleTags, TagRole, UntagRole } from '../../api/tags.ts';
import { checkTags, tagKey } from '../../domain/tags.ts';
import { lockRole } from '../../store/roles.ts';
import { deleteTags, putTags, tagRecord, tagsOf } from '../../store/tags.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutRole, roleMissing } from '../targets.ts';

export const tagRole = implement(TagRole, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName, () => ({ requestTags: tagRecord(input.Tags) })),
  run(call, input, role, deps) {
    return policyChange(deps, call, 'role', role.role_id, async (tx) => {
      if (!(await lockRole(tx, role.role_id))) throw call.fail('NotFound', roleMissing(input.RoleName));
      const problem = checkTags(input.Tags, await tagsOf(tx, role.role_id), deps.limits.tagsPerResource);
      if (problem) throw call.fail(problem.code, problem.message);
      await putTags(tx, role.role_id, input.Tags);
      return undefined;
    });
  },
});

export const untagRole = implement(UntagRole, {
  resolve: (call, input, deps) =>
    aboutRole(call, deps, input.RoleName, () => ({ context: [['aws:TagKeys', input.TagKeys]] })),
  run(call, input, role, deps) {
    return policyChange(deps, call, 'role', role.role_id, async (tx) => {
      if (!(await lockRole(tx, role.role_id))) throw call.fail('NotFound', roleMissing(input.RoleName));
      await deleteTags(tx, role.role_id, input.TagKeys);
      return undefined;
    });
  },
});

export const listRoleTags = implement(ListRoleTags, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  async run(call, input, role, deps) {
    const page = openPage(deps, call, input, role.role_id);
    const found = await tagsOf(deps.store.read, role.role_id, page.range);
    const { rows, output } = closePage(deps, page, found, (tag) => tagKey(tag.Key));
    return { Tags: rows, ...output };
  },
});
