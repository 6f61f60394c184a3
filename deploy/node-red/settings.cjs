// Node-RED in a container: nobody edits a flow without the password, and credentials are sealed with a secret of this installation.
// Both are files (deploy/make-secrets.sh); without them it does not start.
const { createHash, timingSafeEqual } = require('node:crypto')
const { readFileSync } = require('node:fs')

const secret = name => readFileSync(`/run/secrets/${name}`, 'utf8').trim()
const digest = text => createHash('sha256').update(text).digest()
const operator = { username: 'operator', permissions: '*' }
const password = digest(secret('node-red-password'))

module.exports = {
  userDir: '/data',
  flowFile: 'flows.json',
  credentialSecret: secret('node-red-credential-secret'),
  uiHost: '0.0.0.0', // the only way in is a port that somebody publishes
  uiPort: 1880,
  adminAuth: {
    type: 'credentials',
    users: async name => name === operator.username ? operator : null,
    authenticate: async (name, given) => name === operator.username && timingSafeEqual(digest(given), password) ? operator : null,
  },
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false },
  externalModules: { palette: { allowInstall: false, allowUpload: false }, modules: { allowInstall: false } },
}
