using System;
using UnityEngine;

namespace Twin.Unity
{
    /// <summary>
    /// Where the broker is and how to talk to it: an asset, made with <b>Assets &gt; Create &gt; Twin &gt; Settings</b>
    /// and shared by every <see cref="TwinConnection"/> that is given it.
    /// </summary>
    [CreateAssetMenu(fileName = "TwinSettings", menuName = "Twin/Settings")]
    public sealed class TwinSettings : ScriptableObject
    {
        [Header("Broker")]
        [Tooltip("Name or address of the MQTT broker that Twin listens to.")]
        [SerializeField] private string host = "127.0.0.1";

        [Tooltip("1883 as a rule, 8883 with TLS.")]
        [SerializeField] private int port = 1883;

        [Tooltip("Encrypts the connection. The broker's certificate must be one that this machine trusts.")]
        [SerializeField] private bool useTls;

        [Header("Login")]
        [Tooltip("Empty for a broker that asks for no name.")]
        [SerializeField] private string user = "";

        [Tooltip("The environment variable that holds the password.")]
        [SerializeField] private string passwordVariable = "TWIN_MQTT_PASSWORD";

        [Tooltip("Used where the variable is not set. It is stored in the asset as plain text: do not commit it.")]
        [SerializeField] private string password = "";

        [Header("Pace and bounds")]
        [Tooltip("Readings a second that each machine publishes, unless it has a rate of its own.")]
        [Min(0.01f)]
        [SerializeField] private float rateHz = 1f;

        [Tooltip("Messages kept while the broker is away. With more the oldest is dropped and counted.")]
        [Min(1)]
        [SerializeField] private int waitingMax = 10000;

        [Tooltip("States kept between two frames. With more the oldest is dropped: the newest one counts.")]
        [Min(1)]
        [SerializeField] private int statesMax = 1000;

        [Tooltip("Seconds before the first attempt to reconnect; each further attempt waits twice as long.")]
        [Min(0.1f)]
        [SerializeField] private float reconnectSecondsMin = 0.5f;

        [Tooltip("The longest such pause, in seconds.")]
        [Min(0.1f)]
        [SerializeField] private float reconnectSecondsMax = 15f;

        [Tooltip("Seconds after which an answer of the broker is given up.")]
        [Min(1f)]
        [SerializeField] private float timeoutSeconds = 10f;

        /// <summary>Name or address of the broker.</summary>
        public string Host { get { return host; } set { host = value; } }

        /// <summary>The broker's port.</summary>
        public int Port { get { return port; } set { port = value; } }

        /// <summary>Whether the connection is encrypted.</summary>
        public bool UseTls { get { return useTls; } set { useTls = value; } }

        /// <summary>The name at the broker; empty for none.</summary>
        public string User { get { return user; } set { user = value; } }

        /// <summary>Readings a second of a machine that has no rate of its own.</summary>
        public float RateHz { get { return rateHz; } set { rateHz = value; } }

        /// <summary>Messages kept while the broker is away.</summary>
        public int WaitingMax { get { return Math.Max(1, waitingMax); } set { waitingMax = value; } }

        /// <summary>States kept between two frames.</summary>
        public int StatesMax { get { return Math.Max(1, statesMax); } }

        /// <summary>The first pause before reconnecting.</summary>
        public TimeSpan ReconnectMin { get { return TimeSpan.FromSeconds(Math.Max(0.1f, reconnectSecondsMin)); } }

        /// <summary>The longest pause before reconnecting.</summary>
        public TimeSpan ReconnectMax
        {
            get { return TimeSpan.FromSeconds(Math.Max(reconnectSecondsMin, reconnectSecondsMax)); }
        }

        /// <summary>After how long an answer is given up.</summary>
        public TimeSpan Timeout { get { return TimeSpan.FromSeconds(Math.Max(1f, timeoutSeconds)); } }

        /// <summary>The password from the environment, or else the one in the asset.</summary>
        public string Password()
        {
            string fromEnvironment = string.IsNullOrEmpty(passwordVariable)
                ? null
                : Environment.GetEnvironmentVariable(passwordVariable);
            return string.IsNullOrEmpty(fromEnvironment) ? password : fromEnvironment;
        }
    }
}
