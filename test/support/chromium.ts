// Debian's Chromium, without a window.
import { spawnSync } from 'node:child_process'
import { chromium, type Browser } from 'playwright-core'

const BINARY = '/usr/bin/chromium'
export const hasChromium = spawnSync(BINARY, ['--version']).status === 0

/** Without its sandbox, which root cannot have; it only sees pages of this machine. */
export function openBrowser(): Promise<Browser> { return chromium.launch({ executablePath: BINARY, args: ['--no-sandbox'] }) }
