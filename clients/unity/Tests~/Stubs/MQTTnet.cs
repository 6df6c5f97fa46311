// What Twin's scripts use of MQTTnet 4.3, with the same names and signatures, and a small MQTT 3.1.1 client behind it:
// enough to compile the scripts without Unity and to run them against a broker. No part of the package.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using MQTTnet.Client;
using MQTTnet.Protocol;

namespace MQTTnet.Protocol
{
    public enum MqttQualityOfServiceLevel
    {
        AtMostOnce = 0,
        AtLeastOnce = 1,
        ExactlyOnce = 2
    }
}

namespace MQTTnet
{
    public sealed class MqttApplicationMessage
    {
        public string Topic { get; set; }

        public ArraySegment<byte> PayloadSegment { get; set; }

        public MqttQualityOfServiceLevel QualityOfServiceLevel { get; set; }
    }

    public sealed class MqttApplicationMessageBuilder
    {
        private readonly MqttApplicationMessage message = new MqttApplicationMessage();

        public MqttApplicationMessageBuilder WithTopic(string value)
        {
            message.Topic = value;
            return this;
        }

        public MqttApplicationMessageBuilder WithPayload(byte[] value)
        {
            message.PayloadSegment = new ArraySegment<byte>(value);
            return this;
        }

        public MqttApplicationMessageBuilder WithQualityOfServiceLevel(MqttQualityOfServiceLevel value)
        {
            message.QualityOfServiceLevel = value;
            return this;
        }

        public MqttApplicationMessage Build()
        {
            return message;
        }
    }

    public sealed class MqttFactory
    {
        public IMqttClient CreateMqttClient()
        {
            return new TcpMqttClient();
        }
    }
}

namespace MQTTnet.Client
{
    public interface IMqttClient : IDisposable
    {
        event Func<MqttApplicationMessageReceivedEventArgs, Task> ApplicationMessageReceivedAsync;

        event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync;

        bool IsConnected { get; }

        Task<MqttClientConnectResult> ConnectAsync(
            MqttClientOptions options, CancellationToken cancellationToken = default(CancellationToken));

        Task<MqttClientPublishResult> PublishAsync(
            MqttApplicationMessage message, CancellationToken cancellationToken = default(CancellationToken));

        Task<MqttClientSubscribeResult> SubscribeAsync(
            MqttClientSubscribeOptions options, CancellationToken cancellationToken = default(CancellationToken));
    }

    public sealed class MqttClientConnectResult
    {
    }

    public sealed class MqttClientPublishResult
    {
        public bool IsSuccess { get { return true; } }
    }

    public sealed class MqttClientSubscribeResult
    {
    }

    public sealed class MqttClientDisconnectedEventArgs : EventArgs
    {
    }

    public sealed class MqttApplicationMessageReceivedEventArgs : EventArgs
    {
        public MqttApplicationMessageReceivedEventArgs(MqttApplicationMessage message)
        {
            ApplicationMessage = message;
        }

        public MqttApplicationMessage ApplicationMessage { get; private set; }
    }

    public sealed class MqttClientOptions
    {
        public string ClientId { get; set; }

        public string Server { get; set; }

        public int Port { get; set; }

        public string User { get; set; }

        public string Password { get; set; }

        public TimeSpan Timeout { get; set; }

        public bool Tls { get; set; }
    }

    public sealed class MqttClientTlsOptionsBuilder
    {
        internal bool Tls { get; private set; }

        public MqttClientTlsOptionsBuilder UseTls(bool useTls = true)
        {
            Tls = useTls;
            return this;
        }
    }

    public sealed class MqttClientOptionsBuilder
    {
        private readonly MqttClientOptions options = new MqttClientOptions();

        public MqttClientOptionsBuilder WithClientId(string value)
        {
            options.ClientId = value;
            return this;
        }

        public MqttClientOptionsBuilder WithTcpServer(string host, int? port = null)
        {
            options.Server = host;
            options.Port = port ?? 1883;
            return this;
        }

        public MqttClientOptionsBuilder WithTimeout(TimeSpan value)
        {
            options.Timeout = value;
            return this;
        }

        public MqttClientOptionsBuilder WithCleanSession(bool value = true)
        {
            return this;
        }

        public MqttClientOptionsBuilder WithCredentials(string username, string password)
        {
            options.User = username;
            options.Password = password;
            return this;
        }

        public MqttClientOptionsBuilder WithTlsOptions(Action<MqttClientTlsOptionsBuilder> configure)
        {
            var tls = new MqttClientTlsOptionsBuilder();
            configure(tls);
            options.Tls = tls.Tls;
            return this;
        }

        public MqttClientOptions Build()
        {
            return options;
        }
    }

    public sealed class MqttClientSubscribeOptions
    {
        public readonly List<string> Filters = new List<string>();
    }

    public sealed class MqttClientSubscribeOptionsBuilder
    {
        private readonly MqttClientSubscribeOptions options = new MqttClientSubscribeOptions();

        public MqttClientSubscribeOptionsBuilder WithTopicFilter(
            string topic,
            MqttQualityOfServiceLevel qualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce,
            bool noLocal = false,
            bool retainAsPublished = false)
        {
            options.Filters.Add(topic);
            return this;
        }

        public MqttClientSubscribeOptions Build()
        {
            return options;
        }
    }

    /// <summary>MQTT 3.1.1 over plain TCP, QoS 1 both ways, a clean session, no keep-alive.</summary>
    internal sealed class TcpMqttClient : IMqttClient
    {
        private readonly object gate = new object();
        private readonly Dictionary<int, TaskCompletionSource<bool>> open =
            new Dictionary<int, TaskCompletionSource<bool>>();

        private TcpClient tcp;
        private Stream stream;
        private int lastId;
        private volatile bool connected;

        public event Func<MqttApplicationMessageReceivedEventArgs, Task> ApplicationMessageReceivedAsync;

        public event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync;

        public bool IsConnected { get { return connected; } }

        public async Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken end)
        {
            tcp = new TcpClient { NoDelay = true };
            await tcp.ConnectAsync(options.Server, options.Port).ConfigureAwait(false);
            stream = tcp.GetStream();
            var body = new MemoryStream();
            Text(body, "MQTT");
            body.WriteByte(4);
            body.WriteByte((byte)(2 | (options.User == null ? 0 : 0xC0)));
            body.WriteByte(0);
            body.WriteByte(0);
            Text(body, options.ClientId);
            if (options.User != null)
            {
                Text(body, options.User);
                Text(body, options.Password);
            }
            Send(0x10, body);
            byte[] answer = Packet().Item2;
            if (answer[1] != 0)
            {
                throw new IOException("The broker refuses the connection with code " + answer[1] + ".");
            }
            connected = true;
            new Thread(Read) { IsBackground = true }.Start();
            return new MqttClientConnectResult();
        }

        public async Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage message, CancellationToken end)
        {
            Task<bool> acknowledged;
            int id = NewId(out acknowledged);
            var body = new MemoryStream();
            Text(body, message.Topic);
            Number(body, id);
            ArraySegment<byte> payload = message.PayloadSegment;
            body.Write(payload.Array, payload.Offset, payload.Count);
            Send(0x32, body);
            await acknowledged.ConfigureAwait(false);
            return new MqttClientPublishResult();
        }

        public async Task<MqttClientSubscribeResult> SubscribeAsync(
            MqttClientSubscribeOptions options, CancellationToken end)
        {
            Task<bool> acknowledged;
            int id = NewId(out acknowledged);
            var body = new MemoryStream();
            Number(body, id);
            foreach (string filter in options.Filters)
            {
                Text(body, filter);
                body.WriteByte(1);
            }
            Send(0x82, body);
            await acknowledged.ConfigureAwait(false);
            return new MqttClientSubscribeResult();
        }

        public void Dispose()
        {
            connected = false;
            if (tcp != null)
            {
                tcp.Close();
            }
        }

        private int NewId(out Task<bool> acknowledged)
        {
            lock (gate)
            {
                lastId = lastId % 0xFFFF + 1;
                var answer = new TaskCompletionSource<bool>();
                open[lastId] = answer;
                acknowledged = answer.Task;
                return lastId;
            }
        }

        private void Read()
        {
            try
            {
                while (connected)
                {
                    Tuple<int, byte[]> packet = Packet();
                    Take(packet.Item1, packet.Item2);
                }
            }
            catch (Exception e)
            {
                connected = false;
                lock (gate)
                {
                    foreach (TaskCompletionSource<bool> answer in open.Values)
                    {
                        answer.TrySetException(new IOException("The connection broke.", e));
                    }
                    open.Clear();
                }
                if (DisconnectedAsync != null)
                {
                    DisconnectedAsync(new MqttClientDisconnectedEventArgs());
                }
            }
        }

        private void Take(int head, byte[] body)
        {
            switch (head >> 4)
            {
                case 3:
                    Publish(head, body);
                    break;
                case 4:
                case 9:
                    TaskCompletionSource<bool> answer;
                    lock (gate)
                    {
                        int id = body[0] << 8 | body[1];
                        open.TryGetValue(id, out answer);
                        open.Remove(id);
                    }
                    // Away from this thread, which would otherwise run what waits for the answer.
                    Task.Run(() => answer.TrySetResult(true));
                    break;
            }
        }

        private void Publish(int head, byte[] body)
        {
            int length = body[0] << 8 | body[1];
            string topic = Encoding.UTF8.GetString(body, 2, length);
            int at = 2 + length;
            if ((head >> 1 & 3) > 0)
            {
                Send(0x40, new MemoryStream(body, at, 2));
                at += 2;
            }
            ApplicationMessageReceivedAsync(
                new MqttApplicationMessageReceivedEventArgs(
                    new MqttApplicationMessage
                    {
                        Topic = topic,
                        PayloadSegment = new ArraySegment<byte>(body, at, body.Length - at)
                    }));
        }

        private Tuple<int, byte[]> Packet()
        {
            int head = Byte();
            int length = 0;
            int shift = 0;
            int part;
            do
            {
                part = Byte();
                length |= (part & 127) << shift;
                shift += 7;
            }
            while ((part & 128) != 0);
            var body = new byte[length];
            int read = 0;
            while (read < length)
            {
                int more = stream.Read(body, read, length - read);
                if (more <= 0)
                {
                    throw new EndOfStreamException();
                }
                read += more;
            }
            return Tuple.Create(head, body);
        }

        private int Byte()
        {
            int one = stream.ReadByte();
            if (one < 0)
            {
                throw new EndOfStreamException();
            }
            return one;
        }

        private void Send(int head, MemoryStream body)
        {
            byte[] bytes = body.ToArray();
            var packet = new MemoryStream();
            packet.WriteByte((byte)head);
            int left = bytes.Length;
            do
            {
                packet.WriteByte((byte)(left % 128 | (left >= 128 ? 128 : 0)));
                left /= 128;
            }
            while (left > 0);
            packet.Write(bytes, 0, bytes.Length);
            lock (stream)
            {
                packet.WriteTo(stream);
            }
        }

        private static void Text(Stream to, string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Number(to, bytes.Length);
            to.Write(bytes, 0, bytes.Length);
        }

        private static void Number(Stream to, int number)
        {
            to.WriteByte((byte)(number >> 8));
            to.WriteByte((byte)number);
        }
    }
}
