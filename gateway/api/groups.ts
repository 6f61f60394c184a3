// Groups of parties: an operator keeps them, and owners see whom they would consent to.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import type { Group } from '#gateway/parties/groups.ts'

interface OneGroup { readonly groupId: string }
interface Membership extends OneGroup { readonly partyId: string }

export function addGroup({ services, body }: Call<{ name: string }>) { return groupView(services, services.groups.add(body.name)) }

export function listGroups({ services }: Call) { return services.groups.list().map(group => groupView(services, group)) }

export function removeGroup({ services, parameters: { groupId } }: Call<undefined, OneGroup>) {
  services.groups.remove(groupId)
  return { groupId, state: 'removed' }
}

export function joinGroup({ services, parameters: { groupId, partyId } }: Call<undefined, Membership>) {
  return groupView(services, services.groups.join(groupId, partyId))
}

export function leaveGroup({ services, parameters: { groupId, partyId } }: Call<undefined, Membership>) {
  return groupView(services, services.groups.leave(groupId, partyId))
}

function groupView({ parties }: Services, { id, name, createdAt, members }: Group) {
  return { groupId: id, name, createdAt: timeText(createdAt), members: Array.from(members.keys(), partyId => ({ partyId, name: parties.get(partyId)?.name })) }
}
