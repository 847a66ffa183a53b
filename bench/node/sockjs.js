'use strict'
// A server of sockjs as its README has it. response_limit, after which an event stream has to be opened anew, is raised
// from 128 KiB, so that none ends within a measurement.

const http = require('node:http')
const sockjs = require('sockjs')
const control = require('./control.js')

const echo = sockjs.createServer({ log: () => {}, response_limit: 1 << 30 })
const conns = new Set()

echo.on('connection', (conn) => {
  conns.add(conn)
  conn.write(control.payload(0))
  conn.on('data', (m) => conn.write(m))
  conn.on('close', () => conns.delete(conn))
})

const server = http.createServer()
echo.installHandlers(server, { prefix: '/sock' })
control.run(server, require('sockjs/package.json').version, (p) => {
  for (const conn of conns) conn.write(p)
})
