'use strict'
// A server of socket.io as its README has it. With "recover" connectionStateRecovery is on, which lets a client that
// comes back within two minutes have what it missed.

const http = require('node:http')
const { Server } = require('socket.io')
const control = require('./control.js')

const server = http.createServer()
const options = process.argv[2] === 'recover' ? { connectionStateRecovery: {} } : {}
const io = new Server(server, options)

// What the library's page on memory advises: do not keep the first request of each session.
io.engine.on('connection', (raw) => {
  raw.request = null
})

io.on('connection', (socket) => {
  socket.on('raw', (text, ack) => ack(text))
  socket.on('typed', (message, ack) => ack(message)) // decoded and encoded by the library
  if (!socket.recovered) socket.emit('e', control.payload(0))
})

control.run(server, require('socket.io/package.json').version, (p) => io.emit('e', p))
