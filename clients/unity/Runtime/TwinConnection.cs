using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using MQTTnet;
using MQTTnet.Client;
using MQTTnet.Protocol;
using UnityEngine;

namespace Twin.Unity
{
    /// <summary>
    /// The connection of a scene to the broker: one for all its machines.
    ///
    /// <para>It connects while it is enabled and takes a broken connection up again with growing pauses. Messages go out
    /// with QoS 1, one after another, each until the broker has acknowledged it: in order, and at least once. What waits
    /// is bounded; beyond the bound the oldest message is dropped and counted. States arrive on the main thread, in
    /// <c>Update</c>.</para>
    /// </summary>
    [AddComponentMenu("Twin/Twin Connection")]
    [DisallowMultipleComponent]
    public sealed class TwinConnection : MonoBehaviour
    {
        private sealed class Message
        {
            public readonly string Topic;
            public readonly byte[] Payload;

            public Message(string topic, byte[] payload)
            {
                Topic = topic;
                Payload = payload;
            }
        }

        [Tooltip("Where the broker is. Made with Assets > Create > Twin > Settings.")]
        [SerializeField] private TwinSettings settings;

        // Guards the collections; held for moments only.
        private readonly object gate = new object();
        private readonly LinkedList<Message> waiting = new LinkedList<Message>();
        private readonly Queue<TwinState> states = new Queue<TwinState>();
        private readonly Dictionary<string, Action<TwinState>> listeners = new Dictionary<string, Action<TwinState>>();

        private readonly HashSet<string> toSubscribe = new HashSet<string>();
        private readonly SemaphoreSlim work = new SemaphoreSlim(0);
        private CancellationTokenSource running;
        private volatile IMqttClient current;
        private volatile string lastError = "";
        private long published;
        private long dropped;

        /// <summary>Makes the client; a test puts in another.</summary>
        internal static Func<IMqttClient> NewClient = () => new MqttFactory().CreateMqttClient();

        /// <summary>Where the broker is. To be set before the component is enabled.</summary>
        public TwinSettings Settings { get { return settings; } set { settings = value; } }

        /// <summary>Whether the broker is there.</summary>
        public bool IsConnected { get { return current != null; } }

        /// <summary>What went wrong last; empty when nothing did.</summary>
        public string LastError { get { return lastError; } }

        /// <summary>Messages that the broker has acknowledged.</summary>
        public long Published { get { return Interlocked.Read(ref published); } }

        /// <summary>Messages that were dropped because too many waited.</summary>
        public long Dropped { get { return Interlocked.Read(ref dropped); } }

        /// <summary>Messages that wait for the broker.</summary>
        public int Waiting
        {
            get
            {
                lock (gate)
                {
                    return waiting.Count;
                }
            }
        }

        /// <summary>Sends a message when its turn comes. Returns at once, from any thread.</summary>
        public void Publish(string topic, byte[] payload)
        {
            lock (gate)
            {
                waiting.AddLast(new Message(topic, payload));
                if (waiting.Count > settings.WaitingMax)
                {
                    waiting.RemoveFirst();
                    Interlocked.Increment(ref dropped);
                }
            }
            Wake();
        }

        /// <summary>
        /// Has a machine's state told to the listener, now if the broker has one and with every change. One listener a
        /// machine; null ends it. To be called on the main thread.
        /// </summary>
        public void Listen(string machineId, Action<TwinState> listener)
        {
            lock (gate)
            {
                if (listener == null)
                {
                    // The broker goes on sending its states until the next connection; nobody looks at them.
                    listeners.Remove(machineId);
                    toSubscribe.Remove(machineId);
                }
                else
                {
                    listeners[machineId] = listener;
                    toSubscribe.Add(machineId);
                }
            }
            Wake();
        }

        private void OnEnable()
        {
            if (settings == null)
            {
                Debug.LogError("Twin Connection: it has no settings. Make some with Assets > Create > Twin > Settings.");
                return;
            }
            running = new CancellationTokenSource();
            CancellationToken end = running.Token;
            // Away from the main thread: Unity would otherwise have every continuation wait for a frame.
            Task.Run(() => Run(end));
        }

        private void OnDisable()
        {
            if (running != null)
            {
                running.Cancel();
                running = null;
            }
        }

        private void Update()
        {
            TwinState state;
            Action<TwinState> listener;
            while (NextState(out state, out listener))
            {
                if (listener != null)
                {
                    listener(state);
                }
            }
        }

        private bool NextState(out TwinState state, out Action<TwinState> listener)
        {
            lock (gate)
            {
                listener = null;
                state = states.Count == 0 ? null : states.Dequeue();
                if (state != null)
                {
                    listeners.TryGetValue(state.MachineId, out listener);
                }
                return state != null;
            }
        }

        private async Task Run(CancellationToken end)
        {
            TimeSpan pause = settings.ReconnectMin;
            while (!end.IsCancellationRequested)
            {
                try
                {
                    using (IMqttClient client = NewClient())
                    {
                        await Connect(client, end).ConfigureAwait(false);
                        pause = settings.ReconnectMin;
                        await Serve(client, end).ConfigureAwait(false);
                    }
                }
                catch (OperationCanceledException) when (end.IsCancellationRequested)
                {
                    // The component was disabled, which is no error.
                }
                catch (Exception e)
                {
                    lastError = e.Message;
                }
                if (!end.IsCancellationRequested)
                {
                    await Pause(pause, end).ConfigureAwait(false);
                    pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, settings.ReconnectMax.Ticks));
                }
            }
        }

        private static async Task Pause(TimeSpan pause, CancellationToken end)
        {
            try
            {
                await Task.Delay(pause, end).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The pause is over early; the loop sees why.
            }
        }

        private async Task Connect(IMqttClient client, CancellationToken end)
        {
            client.ApplicationMessageReceivedAsync += Received;
            client.DisconnectedAsync += disconnected => Ended(client);
            await client.ConnectAsync(Options(), end).ConfigureAwait(false);
            lock (gate)
            {
                // The session is new: the broker knows of none.
                toSubscribe.UnionWith(listeners.Keys);
            }
            current = client;
            lastError = "";
        }

        private MqttClientOptions Options()
        {
            var options = new MqttClientOptionsBuilder()
                .WithClientId("twin-unity-" + Guid.NewGuid().ToString("N"))
                .WithTcpServer(settings.Host, settings.Port)
                .WithTimeout(settings.Timeout)
                .WithCleanSession();
            if (!string.IsNullOrEmpty(settings.User))
            {
                options = options.WithCredentials(settings.User, settings.Password());
            }
            if (settings.UseTls)
            {
                options = options.WithTlsOptions(tls => tls.UseTls());
            }
            return options.Build();
        }

        /// <summary>Sends what waits until the connection breaks.</summary>
        private async Task Serve(IMqttClient client, CancellationToken end)
        {
            try
            {
                while (ReferenceEquals(current, client) && client.IsConnected)
                {
                    await Subscribe(client, end).ConfigureAwait(false);
                    Message message = First();
                    if (message == null)
                    {
                        await work.WaitAsync(end).ConfigureAwait(false);
                    }
                    else
                    {
                        await Send(client, message, end).ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                await Ended(client).ConfigureAwait(false);
            }
        }

        private async Task Send(IMqttClient client, Message message, CancellationToken end)
        {
            MqttApplicationMessage mqtt = new MqttApplicationMessageBuilder()
                .WithTopic(message.Topic)
                .WithPayload(message.Payload)
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .Build();
            // Throws when the connection breaks first; the message then still waits, and goes again.
            await client.PublishAsync(mqtt, end).ConfigureAwait(false);
            Interlocked.Increment(ref published);
            lock (gate)
            {
                // It may have been dropped meanwhile.
                if (waiting.First != null && ReferenceEquals(waiting.First.Value, message))
                {
                    waiting.RemoveFirst();
                }
            }
        }

        private Message First()
        {
            lock (gate)
            {
                return waiting.First == null ? null : waiting.First.Value;
            }
        }

        private async Task Subscribe(IMqttClient client, CancellationToken end)
        {
            List<string> machines;
            lock (gate)
            {
                machines = new List<string>(toSubscribe);
                toSubscribe.Clear();
            }
            foreach (string machineId in machines)
            {
                MqttClientSubscribeOptions options = new MqttClientSubscribeOptionsBuilder()
                    .WithTopicFilter(TwinMessages.StateTopic(machineId), MqttQualityOfServiceLevel.AtLeastOnce)
                    .Build();
                await client.SubscribeAsync(options, end).ConfigureAwait(false);
            }
        }

        private Task Received(MqttApplicationMessageReceivedEventArgs received)
        {
            TwinState state;
            if (TwinState.TryParse(received.ApplicationMessage.PayloadSegment, out state))
            {
                lock (gate)
                {
                    states.Enqueue(state);
                    if (states.Count > settings.StatesMax)
                    {
                        states.Dequeue();
                    }
                }
            }
            return Task.CompletedTask;
        }

        private Task Ended(IMqttClient client)
        {
            // Not where another client has taken its place already.
            if (ReferenceEquals(current, client))
            {
                current = null;
            }
            Wake();
            return Task.CompletedTask;
        }

        private void Wake()
        {
            // One permit is enough: whoever wakes looks at everything.
            if (work.CurrentCount == 0)
            {
                work.Release();
            }
        }
    }
}
