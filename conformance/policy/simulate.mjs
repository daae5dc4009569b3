// Asks the evaluator of cloud-copilot the same questions. It runs as a process of
// its own and talks JSON lines: a simulation in, {"result", "error"} out, in order.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const modules = createRequire(process.env.SIMULATE_MODULES + '/package.json')
const { runSimulation, anonymousPrincipal } = await import(pathToFileURL(modules.resolve('@cloud-copilot/iam-simulate')))

for await (const line of createInterface({ input: process.stdin })) {
  const simulation = JSON.parse(line)
  if (simulation.request.principal === '') {
    simulation.request.principal = anonymousPrincipal
  }
  let answer
  try {
    const { resultType, overallResult, errors, result, results } = await runSimulation(simulation, { simulationMode: 'Strict' })
    // Keys that it does not know for the action are left out of its decision; that
    // is told, because the answer is then to another question.
    const ignored = [result, ...(results ?? [])].flatMap((r) => r?.ignoredContextKeys ?? [])
    answer = { result: overallResult ?? resultType, error: errors ? JSON.stringify(errors) : '', ignored }
  } catch (e) {
    answer = { result: 'threw', error: String(e), ignored: [] }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
